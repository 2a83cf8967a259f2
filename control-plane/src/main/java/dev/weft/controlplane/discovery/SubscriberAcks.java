package dev.weft.controlplane.discovery;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Tells when sidecars have a revision in force. Any thread may ask. */
public interface SubscriberAcks {
  /**
   * Completes when every sidecar connected to this replica, to which something of a revision up to
   * the given one was to be sent, has acknowledged that or something newer. A sidecar with nothing
   * to receive is not waited for; one that refuses keeps it from being synced.
   *
   * @return never fails; completed on the engine's thread, which the continuation must not hold up
   */
  CompletableFuture<Result> await(long revision, Duration timeout);

  /**
   * The answer.
   *
   * @param pendingNodes who has not acknowledged, when not synced; empty if the revision itself did
   *     not get here in time
   */
  record Result(boolean synced, List<String> pendingNodes) {
    static final Result SYNCED = new Result(true, List.of());

    public Result {
      pendingNodes = List.copyOf(pendingNodes);
    }
  }
}
