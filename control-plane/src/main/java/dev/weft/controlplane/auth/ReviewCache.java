package dev.weft.controlplane.auth;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Remembers answers: for a short time so that nobody is asked again and again, and good ones for a
 * longer time, as the last word while nobody can be asked. Of bounded size; what was not used for
 * the longest time falls out. Safe from any thread.
 */
final class ReviewCache<K, V> {
  private final int max;
  private final long freshNanos;
  private final long staleNanos;
  private final Predicate<V> good;
  private final LongSupplier nanoClock;
  private final Map<K, Answer<V>> answers =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<K, Answer<V>> eldest) {
          return size() > max;
        }
      };
  private final LongAdder asked = new LongAdder();
  private final LongAdder usedStale = new LongAdder();

  private record Answer<V>(V value, long atNanos, long lifeNanos) {}

  /** Asks whoever knows. */
  interface Question<V> {
    V ask() throws ReviewUnavailableException;
  }

  /**
   * @param fresh for how long an answer is not asked for again
   * @param stale for how long a good one serves while nobody can be asked
   */
  ReviewCache(int max, Duration fresh, Duration stale, Predicate<V> good, LongSupplier nanoClock) {
    this.max = max;
    this.freshNanos = fresh.toNanos();
    this.staleNanos = stale.toNanos();
    this.good = good;
    this.nanoClock = nanoClock;
  }

  /**
   * The answer, remembered or new.
   *
   * @param life how long it can be true at all
   * @throws ReviewUnavailableException when nobody can be asked and nothing is remembered
   */
  V get(K key, Duration life, Question<V> question) throws ReviewUnavailableException {
    Answer<V> known = find(key);
    long now = nanoClock.getAsLong();
    if (known != null && now - known.atNanos < Math.min(freshNanos, known.lifeNanos)) {
      return known.value;
    }
    try {
      asked.increment();
      V value = question.ask();
      put(key, new Answer<>(value, now, life.toNanos()));
      return value;
    } catch (ReviewUnavailableException e) {
      if (known != null
          && good.test(known.value)
          && now - known.atNanos < Math.min(staleNanos, known.lifeNanos)) {
        usedStale.increment();
        return known.value;
      }
      throw e;
    }
  }

  synchronized int size() {
    return answers.size();
  }

  /** How often somebody was asked. */
  long asked() {
    return asked.sum();
  }

  /** How often an old answer had to do. */
  long usedStale() {
    return usedStale.sum();
  }

  private synchronized @Nullable Answer<V> find(K key) {
    return answers.get(key);
  }

  private synchronized void put(K key, Answer<V> answer) {
    answers.put(key, answer);
  }
}
