package dev.weft.sidecar.cluster;

/** What is counted per endpoint and per cluster; totals only ever rise. */
public enum Stat {
  /** Attempts sent to an endpoint. */
  RQ_TOTAL,
  /** Responses that do not count against the endpoint. */
  RQ_SUCCESS,
  /**
   * Responses that do: 502, 503, 504, or a peer's sidecar that blames itself or its application.
   */
  RQ_FAILED,
  /** Attempts that ran into a timeout before a response head. */
  RQ_TIMEOUT,
  /** Attempts whose connection ended before a response head. */
  RQ_RESET,
  /** Requests refused by a limit on requests, or on those waiting for a connection. */
  RQ_OVERFLOW,
  /** Requests that found no healthy endpoint. */
  RQ_NO_HEALTHY,
  /**
   * Requests for which an ejected endpoint was picked, because there was none better, or for which
   * health was not believed.
   */
  RQ_PANIC,
  /** Requests that were sent beyond the first priority. */
  RQ_FAR,
  /** Connections opened. */
  CX_TOTAL,
  CX_CONNECT_FAIL,
  /** Connections not opened because of the limit. */
  CX_OVERFLOW,
  EJECTIONS,
  /** Ejections that the greatest share of ejected endpoints forbade. */
  EJECTIONS_OVERFLOW,
  CHECK_TOTAL,
  CHECK_FAILURE
}
