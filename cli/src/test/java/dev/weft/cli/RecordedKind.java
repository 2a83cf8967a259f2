package dev.weft.cli;

import static org.awaitility.Awaitility.await;

import dev.weft.testkit.history.History;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A kind of what the store keeps, with the history of what clients wrote of it and saw. Thread-safe
 * but for {@link #mayBeLost} and {@link #isKeptAgain}, which need that no write is under way.
 */
abstract class RecordedKind {
  /** Longer than a control plane waits for its store. */
  static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  final History history = new History();
  private final AtomicLong values = new AtomicLong(1_000);
  private final Set<String> kept = ConcurrentHashMap.newKeySet();
  private volatile boolean mayBeLost;

  /** What was seen at a revision: the value of every key. */
  record Seen(long revision, Map<String, String> state) {}

  /** The keys that are written all the time. */
  abstract Set<String> keys();

  /** As a replica answers. */
  abstract Seen listed(ManagedChannel from);

  /** As the store itself says; fails with a {@link CompletionException}. */
  abstract Seen stored();

  /** A value that was never written before. */
  final String nextValue() {
    return String.valueOf(values.incrementAndGet());
  }

  /**
   * Records a write.
   *
   * @param value null: the key is deleted
   * @param call answers the revision, or null when nothing was changed; fails with a {@link
   *     StatusRuntimeException} when it is not known whether anything was
   * @return whether an answer came
   */
  final boolean write(String key, @Nullable String value, Supplier<@Nullable Long> call) {
    boolean judged = !mayBeLost;
    long begin = history.now();
    try {
      Long revision = call.get();
      if (revision == null) {
        return true;
      }
      if (judged) {
        history.acknowledged(key, value, revision, begin);
        if (value != null) {
          kept.add(key);
        }
      } else {
        history.unknown(key, value, begin);
      }
      return true;
    } catch (StatusRuntimeException e) {
      history.unknown(key, value, begin);
      return false;
    }
  }

  /** Records a read at a replica; that it does not answer is no wrong answer. */
  final void read(ManagedChannel from, String session) {
    try {
      readNow(from, session);
    } catch (StatusRuntimeException e) {
      // As said.
    }
  }

  final void readNow(ManagedChannel from, String session) {
    long begin = history.now();
    Seen seen = listed(from);
    history.read(session, false, seen.revision(), seen.state(), begin);
  }

  /** Records a read of the store past the control planes. */
  final void readStore() {
    try {
      readStoreNow();
    } catch (CompletionException e) {
      // As above.
    }
  }

  final void readStoreNow() {
    long begin = history.now();
    Seen seen = stored();
    history.read("store", true, seen.revision(), seen.state(), begin);
  }

  /** From now on it is not promised of a write that it is kept, acknowledged or not. */
  final void mayBeLost() {
    mayBeLost = true;
  }

  /** From now on it is, in a store whose revisions begin anew. */
  final void isKeptAgain() {
    history.newEra();
    mayBeLost = false;
  }

  /** Waits until every key has been written, not deleted, and that acknowledged, once more. */
  final void awaitWritten() {
    kept.clear();
    await().atMost(PATIENCE).until(() -> kept.containsAll(keys()));
  }
}
