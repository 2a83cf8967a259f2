package dev.weft.sidecar.tls.certificate;

import dev.weft.sidecar.telemetry.Bound;
import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.handler.ssl.ResumableX509ExtendedTrustManager;
import io.netty.internal.tcnative.CertificateVerifier;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Verifies what a peer shows: in force, signed by an authority that is believed, of the expected
 * name. What is wrong is said in words, and by the alert that fits.
 *
 * <p>The chain's signatures depend on nothing but the chain and the authorities, so a chain that
 * was found good is remembered until its first certificate expires: the next handshake of the same
 * peer costs a hash instead of a verification in Java, which takes longer than the rest of the
 * handshake. Safe from any thread.
 */
public final class PeerVerifier extends X509ExtendedTrustManager
    implements ResumableX509ExtendedTrustManager {
  /** Chains that are remembered as good; the least recently used falls out. */
  static final int MAX_REMEMBERED = Bound.TLS_VERIFIED.intValue();

  private static final String ANY_KEY_EXCHANGE = "UNKNOWN";

  private final TrustAnchors anchors;
  private final Set<String> names;
  private final InstantSource clock;
  private final X509TrustManager path;
  private final Map<String, Validity> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Validity> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };

  private record Validity(Instant from, Instant until) {
    static Validity of(X509Certificate[] chain) {
      Instant from = Instant.MIN;
      Instant until = Instant.MAX;
      for (X509Certificate certificate : chain) {
        Instant notBefore = certificate.getNotBefore().toInstant();
        Instant notAfter = certificate.getNotAfter().toInstant();
        from = notBefore.isAfter(from) ? notBefore : from;
        until = notAfter.isBefore(until) ? notAfter : until;
      }
      return new Validity(from, until);
    }

    boolean holds(Instant now) {
      return !now.isBefore(from) && !now.isAfter(until);
    }
  }

  /**
   * @param names of which the peer's certificate must have one; empty: any
   */
  public PeerVerifier(TrustAnchors anchors, Set<String> names, InstantSource clock)
      throws TlsFileException {
    this.anchors = anchors;
    this.names = Set.copyOf(names);
    this.clock = clock;
    this.path = path(anchors);
  }

  private static X509TrustManager path(TrustAnchors anchors) throws TlsFileException {
    try {
      var parameters =
          new PKIXBuilderParameters(
              anchors.certificates().stream()
                  .map(certificate -> new TrustAnchor(certificate, null))
                  .collect(Collectors.toSet()),
              null);
      parameters.setRevocationEnabled(false);
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(new CertPathTrustManagerParameters(parameters));
      for (TrustManager each : factory.getTrustManagers()) {
        if (each instanceof X509TrustManager found) {
          return found;
        }
      }
      throw new TlsFileException("this JDK has no PKIX trust manager");
    } catch (GeneralSecurityException e) {
      throw new TlsFileException(anchors.name() + " cannot be used as authorities: " + e);
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    verify(chain, true);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    verify(chain, false);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    verify(chain, true);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    verify(chain, false);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    verify(chain, true);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    verify(chain, false);
  }

  // A resumed session brings the chain of the first handshake; it may have expired since.

  @Override
  public void resumeClientTrusted(X509Certificate[] chain, SSLEngine engine)
      throws CertificateException {
    verify(chain, true);
  }

  @Override
  public void resumeServerTrusted(X509Certificate[] chain, SSLEngine engine)
      throws CertificateException {
    verify(chain, false);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return anchors.certificates().toArray(new X509Certificate[0]);
  }

  private void verify(X509Certificate[] chain, boolean client) throws CertificateException {
    Instant now = clock.instant();
    String key = fingerprint(chain, client);
    synchronized (remembered) {
      Validity known = remembered.get(key);
      if (known != null && known.holds(now)) {
        return;
      }
    }
    X509Certificate own = chain[0];
    String subject = own.getSubjectX500Principal().getName();
    if (now.isAfter(own.getNotAfter().toInstant())) {
      throw new OpenSslCertificateException(
          "its certificate (" + subject + ") expired on " + own.getNotAfter().toInstant(),
          CertificateVerifier.X509_V_ERR_CERT_HAS_EXPIRED);
    }
    if (now.isBefore(own.getNotBefore().toInstant())) {
      throw new OpenSslCertificateException(
          "its certificate ("
              + subject
              + ") is not in force before "
              + own.getNotBefore().toInstant(),
          CertificateVerifier.X509_V_ERR_CERT_NOT_YET_VALID);
    }
    try {
      if (client) {
        path.checkClientTrusted(chain, ANY_KEY_EXCHANGE);
      } else {
        path.checkServerTrusted(chain, ANY_KEY_EXCHANGE);
      }
    } catch (CertificateException e) {
      throw untrusted(own, e);
    }
    if (!names.isEmpty()) {
      PeerNames shown = PeerNames.of(own);
      if (!shown.hasOneOf(names)) {
        var expected = new StringJoiner(" or ");
        names.forEach(expected::add);
        throw new OpenSslCertificateException(
            "its certificate is for " + shown + ": expected " + expected,
            CertificateVerifier.X509_V_ERR_HOSTNAME_MISMATCH);
      }
    }
    synchronized (remembered) {
      remembered.put(key, Validity.of(chain));
    }
  }

  private CertificateException untrusted(X509Certificate own, CertificateException cause) {
    String subject = own.getSubjectX500Principal().getName();
    String issuer = own.getIssuerX500Principal().getName();
    String reason = deepest(cause);
    if (reason.contains("unable to find valid certification path")
        || reason.contains("Path does not chain")
        || reason.contains("signature check failed")
        || reason.contains("Signature does not match")) {
      return new OpenSslCertificateException(
          "its certificate ("
              + subject
              + ") is signed by an authority that is not trusted: "
              + issuer
              + "; trusted are those of "
              + anchors.name(),
          CertificateVerifier.X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    }
    return new OpenSslCertificateException(
        "its certificate (" + subject + ") is not acceptable: " + reason,
        CertificateVerifier.X509_V_ERR_CERT_REJECTED);
  }

  private static String deepest(Throwable cause) {
    Throwable at = cause;
    while (at.getCause() != null) {
      at = at.getCause();
    }
    return String.valueOf(at.getMessage());
  }

  private static String fingerprint(X509Certificate[] chain, boolean client)
      throws CertificateException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(client ? (byte) 1 : 0);
      for (X509Certificate certificate : List.of(chain)) {
        digest.update(certificate.getEncoded());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (GeneralSecurityException e) {
      throw new CertificateException("no SHA-256", e);
    }
  }
}
