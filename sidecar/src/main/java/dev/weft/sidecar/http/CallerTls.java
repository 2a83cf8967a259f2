package dev.weft.sidecar.http;

import io.netty.util.AttributeKey;

/**
 * That a caller's connection is secured, and who the caller has proven to be. Set on the channel by
 * the listener before a codec sees it.
 *
 * @param clientCertificate the value of {@code x-forwarded-client-cert}; empty: it has shown none;
 *     not to be changed
 */
public record CallerTls(byte[] clientCertificate) {
  public static final AttributeKey<CallerTls> KEY = AttributeKey.valueOf(CallerTls.class, "tls");

  /** Of a caller that has shown no certificate. */
  public static final CallerTls ANONYMOUS = new CallerTls(new byte[0]);
}
