package dev.weft.sidecar.proxyprotocol;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a header says. Both addresses are there, and of one family, or none is: the proxy speaks for
 * itself ({@code LOCAL}), or of something that has no IP address.
 *
 * @param source who has called the proxy
 * @param destination where the caller has connected to
 */
public record ProxyHeader(
    @Nullable InetSocketAddress source, @Nullable InetSocketAddress destination) {
  /** A header without addresses. */
  public static final ProxyHeader LOCAL = new ProxyHeader(null, null);

  /** The first bytes of version 1. */
  static final byte[] PREFIX_1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);

  /** The first bytes of version 2. */
  static final byte[] PREFIX_2 = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
}
