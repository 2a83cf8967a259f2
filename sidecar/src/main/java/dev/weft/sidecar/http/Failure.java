package dev.weft.sidecar.http;

/**
 * The one table of failures that the proxy answers for (design, section 5): local replies, access
 * log, metrics and retries all read their row here.
 *
 * <p>Flags are the field's usual ones: DPE the caller broke the protocol, NR no route, NC no
 * configuration for it, UH no healthy endpoint, UF connect failed, UO overflow of a bound, UC the
 * connection ended under the request, UR the upstream reset its stream, UPE the upstream broke the
 * protocol, UT timeout, SI idle for too long, DT cut at the end of a drain, DC the caller went
 * away, LD loop detected, OM this process is short of something, LR our own fault.
 */
public enum Failure {
  BAD_REQUEST(400, 13, "DPE", Kind.CLOSES, "Malformed request"),
  URI_TOO_LONG(414, 13, "DPE", Kind.CLOSES, "Request line too long"),
  HEAD_TOO_LARGE(431, 13, "DPE", Kind.CLOSES, "Request head too large"),
  TLS_REQUIRED(400, 13, "DPE", Kind.CLOSES, "TLS required"),
  METHOD_NOT_SUPPORTED(405, 12, "DPE", Kind.CLOSES, "Method not supported"),
  TRANSFER_CODING_NOT_SUPPORTED(501, 12, "DPE", Kind.CLOSES, "Transfer coding not supported"),
  VERSION_NOT_SUPPORTED(505, 12, "DPE", Kind.CLOSES, "HTTP version not supported"),
  EXPECTATION_FAILED(417, 13, "DPE", Kind.CLOSES, "Expectation not supported"),
  REQUEST_NOT_RECEIVED(408, 4, "DPE", Kind.CLOSES, "Request not received in time"),
  UNKNOWN_HOST(404, 12, "NR", Kind.FINAL, "Unknown host"),
  NO_ROUTE(404, 12, "NR", Kind.FINAL, "No route matches"),
  DANGLING_BACKEND(500, 14, "NC", Kind.FINAL, "Route refers to a backend that does not exist"),
  CONFIGURATION_MISSING(503, 14, "NC", Kind.FINAL, "Configuration not received yet"),
  TOO_MANY_LOOKUPS(503, 14, "OM", Kind.FINAL, "Too many requests wait for configuration"),
  OVERLOADED(503, 14, "UO", Kind.UNDELIVERED, "Overloaded"),
  NO_HEALTHY_ENDPOINT(503, 14, "UH", Kind.FINAL, "No healthy endpoint"),
  CONNECT_FAILED(503, 14, "UF", Kind.UNDELIVERED, "Connect failed"),
  CONNECT_TIMEOUT(503, 14, "UF", Kind.UNDELIVERED, "Connect timed out"),
  TLS_FAILED(502, 14, "UF", Kind.UNDELIVERED, "TLS handshake failed"),
  TLS_TIMEOUT(504, 14, "UF", Kind.UNDELIVERED, "TLS handshake timed out"),
  UPSTREAM_OVERFLOW(503, 14, "UO", Kind.FINAL, "Limit reached"),
  UPSTREAM_RESET(503, 14, "UC", Kind.RETRYABLE, "Connection ended before a response"),
  STALE_CONNECTION(503, 14, "UC", Kind.RETRYABLE, "Kept connection was closed under the request"),
  STREAM_RESET(503, 14, "UR", Kind.RETRYABLE, "Stream was reset before a response"),
  STREAM_REFUSED(503, 14, "UR", Kind.UNDELIVERED, "Stream was refused unread"),
  UPSTREAM_PROTOCOL_ERROR(502, 13, "UPE", Kind.RETRYABLE, "Malformed response"),
  PER_TRY_TIMEOUT(504, 4, "UT", Kind.RETRYABLE, "Attempt timed out"),
  REQUEST_TIMEOUT(504, 4, "UT", Kind.FINAL, "Request timed out"),
  STREAM_IDLE(504, 4, "SI", Kind.FINAL, "No byte moved for too long"),
  REQUEST_STALLED(408, 4, "SI", Kind.CLOSES, "Request did not go on"),
  TUNNEL_IDLE(0, 4, "SI", Kind.CLOSES, "Tunnel idle for too long"),
  RESPONSE_LATE(0, 4, "UT", Kind.CLOSES, "Response not complete in time"),
  DRAINED(0, 14, "DT", Kind.CLOSES, "Cut at the drain's deadline"),
  RESPONSE_CUT(0, 14, "UC", Kind.CLOSES, "Response ended early"),
  RESPONSE_RESET(0, 13, "UR", Kind.CLOSES, "Stream was reset within a response"),
  RESPONSE_CANCELLED(0, 1, "UR", Kind.CLOSES, "Stream was cancelled within a response"),
  RESPONSE_REFUSED(0, 14, "UR", Kind.CLOSES, "Stream was refused within a response"),
  RESPONSE_CALMED(0, 8, "UR", Kind.CLOSES, "Endpoint asked for calm within a response"),
  CALLER_GONE(0, 1, "DC", Kind.CLOSES, "Caller went away"),
  LOOP(508, 13, "LD", Kind.FINAL, "Loop detected");

  private final int status;
  private final int grpcStatus;
  private final String flag;
  private final String exhaustedFlags;
  private final Kind kind;
  private final String title;

  Failure(int status, int grpcStatus, String flag, Kind kind, String title) {
    this.status = status;
    this.grpcStatus = grpcStatus;
    this.flag = flag;
    this.exhaustedFlags = flag + ",URX";
    this.kind = kind;
    this.title = title;
  }

  /** HTTP status of the local reply; 0 when none can be sent any more. */
  public int status() {
    return status;
  }

  public int grpcStatus() {
    return grpcStatus;
  }

  /** The response flag, a constant. */
  public String flag() {
    return flag;
  }

  /** The flags when every retry was spent on it: {@code URX} is appended. */
  public String exhaustedFlags() {
    return exhaustedFlags;
  }

  /** Whether another attempt may help; the retry policy and the request decide. */
  public boolean retryable() {
    return kind == Kind.UNDELIVERED || kind == Kind.RETRYABLE;
  }

  /** Whether nothing of the request can have reached the application. */
  public boolean undelivered() {
    return kind == Kind.UNDELIVERED;
  }

  /** Whether the caller's connection cannot be used for another request. */
  public boolean closes() {
    return kind == Kind.CLOSES;
  }

  /**
   * After how many seconds the caller may well try again; 0: nothing is said. Only where this
   * process has refused to begin, not where an upstream has failed.
   */
  public int retryAfterSeconds() {
    return this == OVERLOADED || this == UPSTREAM_OVERFLOW || this == TOO_MANY_LOOKUPS ? 1 : 0;
  }

  /** The title of the problem details. */
  public String title() {
    return title;
  }

  private enum Kind {
    FINAL,
    RETRYABLE,
    UNDELIVERED,
    CLOSES
  }
}
