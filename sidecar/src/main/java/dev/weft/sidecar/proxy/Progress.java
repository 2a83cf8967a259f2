package dev.weft.sidecar.proxy;

/**
 * How many bytes of bodies one request has moved each way, and since when no more have: what access
 * log and idle timeouts go by. It costs the path of a byte nothing, since what is counted anyway is
 * compared, once a tick. Reused; one worker.
 */
final class Progress {
  private long received;
  private long sent;
  private long limit;

  /** What had moved at the last look, and since when no more has. */
  private long movedBefore;

  private long movedAt;

  void begin(long inlineBody, long now) {
    received = inlineBody;
    sent = 0;
    limit = 0;
    movedBefore = inlineBody;
    movedAt = now;
  }

  /** Limits how long no byte may move in either direction; 0: no limit. */
  void limit(long nanos) {
    limit = nanos;
  }

  long limit() {
    return limit;
  }

  void received(int bytes) {
    received += bytes;
  }

  void sent(int bytes) {
    sent += bytes;
  }

  /** A response has begun, which is a sign of life, whatever came with it. */
  void responded(int inlineBody) {
    sent = inlineBody;
    movedBefore = -1;
  }

  long received() {
    return received;
  }

  long sent() {
    return sent;
  }

  /** Whether nothing has moved for that long; 0: that is never too long. */
  boolean hasStoodStill(long nanos, long now) {
    long moved = received + sent;
    if (moved != movedBefore) {
      movedBefore = moved;
      movedAt = now;
      return false;
    }
    return nanos != 0 && now - movedAt > nanos;
  }
}
