package dev.weft.sidecar.codec;

import dev.weft.sidecar.telemetry.Bound;

/**
 * Bounds of one connection: of the time it takes, whatever it speaks, and of the heads of HTTP/1.1;
 * those of HTTP/2 have bounds of their own. Sizes in bytes, times in nanoseconds.
 *
 * @param maxRequestLine beyond it 414
 * @param maxHead beyond it 431 (or 502 from upstream)
 * @param maxHeaders lines; beyond it 431 (or 502)
 * @param headTimeoutNanos from a request's first byte to the end of its head
 * @param idleTimeoutNanos between two requests of a caller
 * @param paths how a request's path is brought into one form
 */
public record ConnectionLimits(
    int maxRequestLine,
    int maxHead,
    int maxHeaders,
    long headTimeoutNanos,
    long idleTimeoutNanos,
    PathRules paths) {
  public ConnectionLimits withPaths(PathRules rules) {
    return new ConnectionLimits(
        maxRequestLine, maxHead, maxHeaders, headTimeoutNanos, idleTimeoutNanos, rules);
  }

  public ConnectionLimits withMaxHead(int bytes) {
    return new ConnectionLimits(
        maxRequestLine, bytes, maxHeaders, headTimeoutNanos, idleTimeoutNanos, paths);
  }

  public static final ConnectionLimits DEFAULT =
      new ConnectionLimits(
          Bound.REQUEST_LINE.intValue(),
          Bound.HEAD_BYTES.intValue(),
          Bound.HEAD_LINES.intValue(),
          Bound.HEAD_TIME.value(),
          Bound.KEEP_ALIVE_IDLE.value(),
          PathRules.DEFAULT);
}
