package dev.weft.sidecar.listener;

/** What a connection speaks, as far as its first bytes tell. */
public enum Protocol {
  /** HTTP/1.0 or HTTP/1.1. */
  HTTP1,
  /** HTTP/2 with prior knowledge: the connection preface of RFC 9113, section 3.4. */
  HTTP2,
  /** TLS: a ClientHello; what is within is not known. */
  TLS,
  /** Anything else. */
  TCP
}
