package dev.weft.common.wire;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import org.jspecify.annotations.Nullable;

/** The syntax of what secures connections, once for both sides. Pure; none of it throws. */
public final class TlsSyntax {
  /** Longest text of certificates of a policy. */
  public static final int MAX_CERTIFICATES = 256 * 1024;

  /** Most subject alternative names of a policy. */
  public static final int MAX_NAMES = 16;

  private TlsSyntax() {}

  /** A host that can be asked for by SNI and found in a certificate: a DNS name, no address. */
  public static boolean isServerName(String text) {
    return Syntax.isDnsName(text) && !Syntax.isIpAddress(text);
  }

  /** A host, or an address, or a URI with "://", e.g. a SPIFFE id. */
  public static boolean isAltName(String text) {
    if (text.contains("://")) {
      return text.length() <= 2048 && text.chars().allMatch(c -> c > 0x20 && c < 0x7f);
    }
    return Syntax.isDnsName(text) || Syntax.isIpAddress(text);
  }

  /** Why a text is no list of certificates in PEM; null when it is. */
  public static @Nullable String certificatesError(String pem) {
    if (pem.length() > MAX_CERTIFICATES) {
      return "at most " + MAX_CERTIFICATES + " characters";
    }
    if (pem.contains("PRIVATE KEY")) {
      return "certificates only: a private key does not belong in a policy";
    }
    try {
      int count =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1)))
              .size();
      return count == 0 ? "certificates in PEM, which begin with -----BEGIN CERTIFICATE" : null;
    } catch (CertificateException e) {
      return "certificates in PEM (" + e.getMessage() + ")";
    }
  }
}
