package dev.weft.sidecar.app.intercept;

import java.util.List;

/** What is never intercepted, whatever the flags say. */
final class Untouched {
  /** Loopback, and link-local: the cloud's metadata and the node's DNS cache live there. */
  static final List<String> IPV4 = List.of("127.0.0.0/8", "169.254.0.0/16");

  /** The same, and where AWS has its metadata. */
  static final List<String> IPV6 = List.of("::1/128", "fe80::/10", "fd00:ec2::254/128");

  static final int DNS_PORT = 53;

  private Untouched() {}
}
