package dev.weft.controlplane.discovery;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Asks sidecars to go to another replica: some, when this one has too many, or all, when it ends.
 * Each opens its stream elsewhere before it ends the one here. Owned by the engine thread.
 */
final class Moves {
  /** A sidecar that has been asked is left in peace for so long: it may have found no other. */
  private static final long PATIENCE_NANOS = Duration.ofMinutes(1).toNanos();

  private final Collection<NodeStream> streams;
  private final Map<NodeStream, Long> asked = new HashMap<>();
  private final Counter counter;
  private @Nullable CompletableFuture<Void> allGone;

  /**
   * What is asked of them.
   *
   * @param within the time over which they spread it
   * @param reason for people
   * @param to names of replicas that have room; empty: any
   */
  record Request(Duration within, String reason, List<String> to) {}

  /** As a response is to say them. */
  record Now(long revision, String storeId, long nanos) {}

  /**
   * @param streams all that are connected, the oldest first
   */
  Moves(Collection<NodeStream> streams, MeterRegistry meters) {
    this.streams = streams;
    counter =
        Counter.builder("weft.discovery.moves.asked")
            .description("Sidecars that were asked to go to another replica")
            .register(meters);
  }

  /** Those that have been here for longest, as many as that. */
  void some(int count, Request request, Now now) {
    int left = count;
    for (NodeStream stream : streams) {
      Long before = asked.get(stream);
      boolean inPeace = before != null && now.nanos() - before < PATIENCE_NANOS;
      if (left > 0 && stream.begun() && !inPeace) {
        ask(stream, request, now);
        left--;
      }
    }
  }

  /**
   * Everybody who is here, because this replica ends.
   *
   * @return completes when all are gone
   */
  CompletableFuture<Void> all(Request request, Now now) {
    var future = new CompletableFuture<Void>();
    allGone = future;
    streams.stream().filter(NodeStream::begun).forEach(each -> ask(each, request, now));
    look();
    return future;
  }

  /** Whether this replica ends, and takes nobody any more. */
  boolean ending() {
    return allGone != null;
  }

  /** That stream is no more. */
  void gone(NodeStream stream) {
    asked.remove(stream);
    look();
  }

  private void look() {
    CompletableFuture<Void> waiting = allGone;
    if (waiting != null && streams.stream().noneMatch(NodeStream::begun)) {
      waiting.complete(null);
    }
  }

  private void ask(NodeStream stream, Request request, Now now) {
    asked.put(stream, now.nanos());
    counter.increment();
    stream.call().send(ResponseBytes.move(request, now.revision(), now.storeId()));
  }
}
