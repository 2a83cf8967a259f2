package dev.weft.controlplane.discovery;

import dev.weft.proto.discovery.v1.Rejection;
import org.jspecify.annotations.Nullable;

/** What one stream has done so far, for people. Owned by the engine thread. */
final class StreamStats {
  private final long connectedAtMillis;
  private boolean begun;
  private long responses;
  private long resources;
  private long resumed;
  private @Nullable Rejection lastRejection;
  private long lastRejectionAtMillis;

  StreamStats(long connectedAtMillis) {
    this.connectedAtMillis = connectedAtMillis;
  }

  void begun() {
    begun = true;
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
