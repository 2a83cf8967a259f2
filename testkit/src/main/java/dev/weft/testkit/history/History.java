package dev.weft.testkit.history;

import dev.weft.testkit.history.Event.Moment;
import dev.weft.testkit.history.Event.Read;
import dev.weft.testkit.history.Event.Write;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Records what clients do. Thread-safe; the clock is {@link System#nanoTime}. */
public final class History {
  private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();
  private final AtomicInteger era = new AtomicInteger();

  /** When a call begins. */
  public long now() {
    return System.nanoTime();
  }

  /** The store was set back or is another one; nothing may be under way. */
  public void newEra() {
    era.incrementAndGet();
  }

  /** A write was acknowledged. */
  public void acknowledged(String key, @Nullable String value, long revision, long invokedNanos) {
    events.add(new Write(key, value, new Moment(era.get(), revision), invokedNanos, now()));
  }

  /** A write failed in a way that does not say whether it happened. */
  public void unknown(String key, @Nullable String value, long invokedNanos) {
    events.add(new Write(key, value, null, invokedNanos, now()));
  }

  /** A read was answered. */
  public void read(
      String session, boolean recent, long revision, Map<String, String> state, long invokedNanos) {
    events.add(
        new Read(session, recent, new Moment(era.get(), revision), state, invokedNanos, now()));
  }

  /** How many writes were acknowledged. */
  public long acknowledgedWrites() {
    return events.stream()
        .filter(each -> each instanceof Write write && write.at() != null)
        .count();
  }

  /** How many reads were answered. */
  public long reads() {
    return events.stream().filter(Read.class::isInstance).count();
  }

  /** What the contract forbids and has happened, in sentences; best empty. */
  public List<String> violations() {
    return HistoryChecker.check(List.copyOf(events));
  }
}
