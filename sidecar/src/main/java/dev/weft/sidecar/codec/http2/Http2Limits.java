package dev.weft.sidecar.codec.http2;

import dev.weft.sidecar.telemetry.Bound;

/**
 * Bounds of one HTTP/2 connection; sizes in bytes, times in nanoseconds. The floods are bounded by
 * allowances per connection: a burst, and what comes back each second and with useful frames
 * (heads, and data with content).
 *
 * @param maxStreams that a peer may have open at a time
 * @param maxHead of a head's list of fields, as RFC 9113 counts it (section 6.5.2); beyond it 431
 * @param maxHeaders fields of a head; beyond it 431
 * @param streamWindow what a stream may receive unread
 * @param connectionWindow what all streams together may receive unread
 * @param maxQueued what waits for a peer to read it, for all streams of a connection together,
 *     before the senders of all are stopped
 * @param headTimeoutNanos from a frame's first byte to the end of the head that it belongs to
 * @param idleTimeoutNanos without a stream
 * @param stallTimeoutNanos for a stream whose peer does not read, or does not send on
 * @param leaveTimeoutNanos for the round trip between the two GOAWAYs, and for a PING's answer
 * @param resetBurst streams that a peer resets, or provokes us to reset
 * @param resetsPerSecond what of these comes back
 * @param frameBurst SETTINGS, PING, PRIORITY, empty DATA, tiny WINDOW_UPDATEs and the like, each
 * @param framesPerSecond what of these comes back, each
 */
public record Http2Limits(
    int maxStreams,
    int maxHead,
    int maxHeaders,
    int streamWindow,
    int connectionWindow,
    int maxQueued,
    long headTimeoutNanos,
    long idleTimeoutNanos,
    long stallTimeoutNanos,
    long leaveTimeoutNanos,
    int resetBurst,
    int resetsPerSecond,
    int frameBurst,
    int framesPerSecond) {
  private static final int ENDPOINT_RESETS = 10_000;

  public static final Http2Limits DEFAULT = of(64L << 20);

  /** With windows that fit the direct memory of the process. */
  public static Http2Limits of(long directBytes) {
    int connection = Math.clamp(directBytes / 128, 64 << 10, 1 << 20);
    return new Http2Limits(
        Bound.H2_STREAMS.intValue(),
        Bound.H2_HEAD_BYTES.intValue(),
        Bound.HEAD_LINES.intValue(),
        Math.max(64 << 10, connection / 4),
        connection,
        connection,
        Bound.HEAD_TIME.value(),
        Bound.KEEP_ALIVE_IDLE.value(),
        Bound.RESPONSE_STALLED.value(),
        Bound.H2_LEAVE_TIME.value(),
        Bound.H2_RESETS.intValue(),
        50,
        Bound.H2_PINGS.intValue(),
        50);
  }

  /** With another bound of a head's size. */
  public Http2Limits withMaxHead(int bytes) {
    return new Http2Limits(
        maxStreams,
        bytes,
        maxHeaders,
        streamWindow,
        connectionWindow,
        maxQueued,
        headTimeoutNanos,
        idleTimeoutNanos,
        stallTimeoutNanos,
        leaveTimeoutNanos,
        resetBurst,
        resetsPerSecond,
        frameBurst,
        framesPerSecond);
  }

  /**
   * The same towards an endpoint. Its connection is shared by callers who have nothing to do with
   * each other: the window is wider, so that some who do not read do not stop the rest. And it may
   * reset streams as it likes, since it did not ask for them.
   */
  public Http2Limits towardsEndpoint() {
    return new Http2Limits(
        maxStreams,
        maxHead,
        maxHeaders,
        streamWindow,
        connectionWindow * 4,
        maxQueued,
        headTimeoutNanos,
        idleTimeoutNanos,
        stallTimeoutNanos,
        leaveTimeoutNanos,
        ENDPOINT_RESETS,
        ENDPOINT_RESETS,
        frameBurst,
        framesPerSecond);
  }
}
