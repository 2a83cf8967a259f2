package dev.weft.sidecar.tls;

import java.util.List;

/** The protocols that are offered to a server by ALPN, in the order of preference. */
public enum Offer {
  /** For what is no HTTP: the extension is not sent. */
  NOTHING,
  HTTP1,
  HTTP2,
  EITHER;

  List<String> protocols() {
    return switch (this) {
      case NOTHING -> List.of();
      case HTTP1 -> List.of(TlsAcceptor.HTTP1);
      case HTTP2 -> List.of(TlsAcceptor.HTTP2);
      case EITHER -> List.of(TlsAcceptor.HTTP2, TlsAcceptor.HTTP1);
    };
  }
}
