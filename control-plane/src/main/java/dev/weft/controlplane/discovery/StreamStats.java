package dev.weft.controlplane.discovery;

import dev.weft.proto.discovery.v1.Rejection;
import org.jspecify.annotations.Nullable;

/** What one stream has done so far, for people. Owned by the engine thread. */
final class StreamStats {
  private final long connectedAtMillis;
  private boolean begun;
  private int brought;
  private boolean inSync;
  private long responses;
  private long resources;
  private long resumed;
  private @Nullable Rejection lastRejection;
  private long lastRejectionAtMillis;

  StreamStats(long connectedAtMillis) {
    this.connectedAtMillis = connectedAtMillis;
  }

  /**
   * It has said who it is.
   *
   * @param held how many resources it has brought along
   */
  void begun(int held) {
    begun = true;
    brought = held;
  }

  /**
   * It is in sync. True once, where nothing of what it has brought was of any use, and everything
   * had to be sent anew.
   */
  boolean inSyncByFullResync() {
    boolean first = !inSync;
    inSync = true;
    return first && brought > 0 && resumed == 0 && resources > 0;
  }

  boolean hasBegun() {
    return begun;
  }

  void sent(int count) {
    responses++;
    resources += count;
  }

  void resumed() {
    resumed++;
  }

  void rejected(Rejection rejection, long nowMillis) {
    lastRejection = rejection;
    lastRejectionAtMillis = nowMillis;
  }

  boolean everRejected() {
    return lastRejection != null;
  }

  long connectedAtMillis() {
    return connectedAtMillis;
  }

  long responsesSent() {
    return responses;
  }

  long resourcesSent() {
    return resources;
  }

  long resourcesResumed() {
    return resumed;
  }

  /** Null: nothing was refused on this stream. */
  @Nullable Rejection lastRejection() {
    return lastRejection;
  }

  long lastRejectionAtMillis() {
    return lastRejectionAtMillis;
  }
}
