package dev.weft.sidecar.telemetry;

/** What a worker counts per direction, besides requests. Names follow Envoy's. */
public enum WorkerCounter {
  DOWNSTREAM_CX_TOTAL("downstream_cx", "Connections accepted.", false),
  DOWNSTREAM_CX_ACTIVE("downstream_cx_active", "Connections open now.", true),
  DOWNSTREAM_CX_HTTP2_TOTAL("downstream_cx_http2", "Connections that speak HTTP/2.", false),
  DOWNSTREAM_CX_DRAIN_CLOSE(
      "downstream_cx_drain_close", "Connections cut at the deadline of the drain.", false),
  DOWNSTREAM_PROXY_HEADER_ERROR(
      "downstream_proxy_header_error",
      "Connections of trusted proxies cut off for a PROXY header that was missing or malformed.",
      false),
  DOWNSTREAM_PRE_CX_ACTIVE(
      "downstream_pre_cx_active",
      "Connections open now that have not shown what they speak.",
      true),
  DOWNSTREAM_CX_OVERFLOW("downstream_cx_overflow", "Connections refused at a bound.", false),
  DOWNSTREAM_CX_PROTOCOL_ERROR(
      "downstream_cx_protocol_error", "Connections closed for bad syntax.", false),
  DOWNSTREAM_CX_NOT_REDIRECTED(
      "downstream_cx_not_redirected",
      "Connections refused because no rule of the kernel's has sent them here.",
      false),
  PASSTHROUGH(
      "passthrough_cx",
      "Connections passed on as they are: the mesh does not know where to.",
      false),
  DOWNSTREAM_CX_IDLE_TIMEOUT("downstream_cx_idle_timeout", "Connections closed as idle.", false),
  DOWNSTREAM_TLS_HANDSHAKE("downstream_tls_handshake", "TLS handshakes done.", false),
  DOWNSTREAM_TLS_HANDSHAKE_ACTIVE(
      "downstream_tls_handshake_active", "TLS handshakes with callers under way now.", true),
  DOWNSTREAM_TLS_RESUMED(
      "downstream_tls_session_reused", "TLS handshakes that took up an earlier session.", false),
  DOWNSTREAM_TLS_ERROR("downstream_tls_connection_error", "TLS handshakes that failed.", false),
  DOWNSTREAM_TLS_TIMEOUT(
      "downstream_tls_handshake_timeout", "TLS handshakes that ran into their timeout.", false),
  DOWNSTREAM_TLS_OVERFLOW(
      "downstream_tls_handshake_overflow", "Connections closed at the bound of handshakes.", false),
  DOWNSTREAM_TLS_PLAINTEXT(
      "downstream_tls_plaintext_refused", "Connections closed for want of TLS.", false),
  DOWNSTREAM_RQ_ACTIVE("downstream_rq_active", "Requests under way now.", true),
  DOWNSTREAM_TUNNEL_TOTAL("downstream_tunnel", "Tunnels begun by Upgrade or CONNECT.", false),
  DOWNSTREAM_TUNNEL_ACTIVE("downstream_tunnel_active", "Tunnels open now.", true),
  DOWNSTREAM_TUNNEL_IDLE_TIMEOUT(
      "downstream_tunnel_idle_timeout", "Tunnels closed as idle.", false),
  TCP_CX_TOTAL("tcp_cx", "Connections relayed as bytes.", false),
  TCP_CX_ACTIVE("tcp_cx_active", "Connections relayed as bytes now.", true),
  TCP_RX_BYTES("tcp_rx_bytes", "Bytes that relays took from callers.", false),
  TCP_TX_BYTES("tcp_tx_bytes", "Bytes that relays took from upstream.", false),
  TCP_CONNECT_RETRY("tcp_connect_retry", "Connects of relays made again elsewhere.", false),
  UPSTREAM_CX_TOTAL("upstream_cx", "Connections made.", false),
  UPSTREAM_CX_HTTP2_TOTAL("upstream_cx_http2", "Connections made that speak HTTP/2.", false),
  UPSTREAM_CX_CLOSE_NOTIFY(
      "upstream_cx_close_notify", "HTTP/2 connections of which the peer took leave.", false),
  UPSTREAM_CX_HTTP1_FALLBACK(
      "upstream_cx_http1_fallback",
      "Connections tried as HTTP/2 whose server turned out to speak HTTP/1.1.",
      false),
  UPSTREAM_CX_ACTIVE("upstream_cx_active", "Upstream connections open now.", true),
  UPSTREAM_CX_CONNECT_FAIL("upstream_cx_connect_fail", "Connects that failed.", false),
  UPSTREAM_CX_CONNECT_TIMEOUT(
      "upstream_cx_connect_timeout", "Connects that ran into their timeout.", false),
  UPSTREAM_CX_OVERFLOW("upstream_cx_overflow", "Attempts refused at a connection bound.", false),
  UPSTREAM_CX_PROTOCOL_ERROR(
      "upstream_cx_protocol_error", "Upstream connections closed for a nonsensical answer.", false),
  UPSTREAM_TLS_HANDSHAKE("upstream_tls_handshake", "TLS handshakes done with upstreams.", false),
  UPSTREAM_TLS_RESUMED(
      "upstream_tls_session_reused", "Of these, those that took up an earlier session.", false),
  UPSTREAM_TLS_ERROR(
      "upstream_tls_connection_error", "TLS handshakes with upstreams that failed.", false),
  UPSTREAM_TLS_TIMEOUT(
      "upstream_tls_handshake_timeout", "Those that ran into their timeout.", false),
  UPSTREAM_RQ_PENDING_OVERFLOW(
      "upstream_rq_pending_overflow", "Requests refused because too many waited.", false),
  UPSTREAM_RQ_RETRY_OVERFLOW(
      "upstream_rq_retry_overflow", "Retries not made because the budget was spent.", false),
  UPSTREAM_RQ_PER_TRY_TIMEOUT(
      "upstream_rq_per_try_timeout", "Attempts that ran into their timeout.", false),
  UPSTREAM_RQ_MIRRORED("upstream_rq_mirrored", "Copies of requests sent elsewhere.", false),
  UPSTREAM_RQ_MIRROR_CUT(
      "upstream_rq_mirror_cut", "Of these, those that came to no whole answer.", false),
  ON_DEMAND_WAIT("on_demand_wait", "Requests that waited for an unknown authority.", false),
  ON_DEMAND_TIMEOUT("on_demand_timeout", "Such requests that waited in vain.", false),
  ON_DEMAND_OVERFLOW("on_demand_overflow", "Such requests refused at a bound.", false);

  static final int COUNT = values().length;

  private final String metric;
  private final String help;
  private final boolean gauge;

  WorkerCounter(String metric, String help, boolean gauge) {
    this.metric = "weft." + metric.replace('_', '.');
    this.help = help;
    this.gauge = gauge;
  }

  String metric() {
    return metric;
  }

  String help() {
    return help;
  }

  boolean gauge() {
    return gauge;
  }
}
