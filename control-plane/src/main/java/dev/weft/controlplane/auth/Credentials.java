package dev.weft.controlplane.auth;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What a call shows of its caller; nothing of it is verified yet, but that the caller holds the key
 * of the certificate.
 *
 * @param token null: no bearer token
 * @param chain empty: no client certificate
 */
record Credentials(@Nullable String token, List<X509Certificate> chain) {
  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static final String BEARER = "bearer ";

  /** Takes the token out of the headers, too: nobody else needs it. */
  static Credentials take(Metadata headers, Attributes transport) {
    String header = headers.get(AUTHORIZATION);
    headers.removeAll(AUTHORIZATION);
    String token = null;
    if (header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      token = header.substring(BEARER.length()).strip();
    }
    return new Credentials(
        token == null || token.isEmpty() ? null : token,
        chain(transport.get(Grpc.TRANSPORT_ATTR_SSL_SESSION)));
  }

  private static List<X509Certificate> chain(@Nullable SSLSession session) {
    if (session == null) {
      return List.of();
    }
    try {
      var chain = new ArrayList<X509Certificate>();
      for (Certificate each : session.getPeerCertificates()) {
        if (each instanceof X509Certificate certificate) {
          chain.add(certificate);
        }
      }
      return chain;
    } catch (SSLPeerUnverifiedException e) {
      return List.of();
    }
  }
}
