package dev.weft.controlplane.api;

import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.limit.Peers;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many watch one kind of thing at this replica. Each that reads the store's history has a watch
 * of the store for itself. Safe from any thread.
 */
final class StoreWatches {
  private final String what;
  private final PeerLimits limits;
  private final int most;
  private final AtomicInteger open = new AtomicInteger();

  /**
   * @param what is watched, for people
   */
  StoreWatches(String what, PeerLimits limits) {
    this(what, limits, PeerLimit.WATCHERS.intValue());
  }

  StoreWatches(String what, PeerLimits limits, int most) {
    this.what = what;
    this.limits = limits;
    this.most = most;
  }

  /**
   * One more; {@link #leave} is to be called once when it has ended.
   *
   * @param others that watch the same otherwise
   * @throws StatusRuntimeException when there are as many as there may be
   */
  void enter(int others) {
    if (open.incrementAndGet() + others > most) {
      open.decrementAndGet();
      String why =
          most
              + " watches of "
              + what
              + " are open at this replica, which is its limit (limit watchers): watch at another"
              + " replica";
      limits.reached(PeerLimit.WATCHERS, Peers.currentHost(), Peers.currentAddress(), why);
      throw Status.RESOURCE_EXHAUSTED.withDescription(why).asRuntimeException();
    }
  }

  void leave() {
    open.decrementAndGet();
  }

  int count() {
    return open.get();
  }
}
