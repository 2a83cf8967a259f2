package dev.weft.sidecar.codec;

import dev.weft.sidecar.telemetry.Bound;

/**
 * Bounds of one HTTP/1.1 connection; sizes in bytes, times in nanoseconds.
 *
 * @param maxRequestLine beyond it 414
 * @param maxHead beyond it 431 (or 502 from upstream)
 * @param maxHeaders lines; beyond it 431 (or 502)
 * @param headTimeoutNanos from a request's first byte to the end of its head
 * @param idleTimeoutNanos between two requests of a caller
 * @param paths how a request's path is brought into one form
 */
public record Http1Limits(
    int maxRequestLine,
    int maxHead,
    int maxHeaders,
    long headTimeoutNanos,
    long idleTimeoutNanos,
    PathRules paths) {
  public Http1Limits withPaths(PathRules rules) {
    return new Http1Limits(
        maxRequestLine, maxHead, maxHeaders, headTimeoutNanos, idleTimeoutNanos, rules);
  }

  public static final Http1Limits DEFAULT =
      new Http1Limits(
          Bound.REQUEST_LINE.intValue(),
          Bound.HEAD_BYTES.intValue(),
          Bound.HEAD_LINES.intValue(),
          Bound.HEAD_TIME.value(),
          Bound.KEEP_ALIVE_IDLE.value(),
          PathRules.DEFAULT);
}
