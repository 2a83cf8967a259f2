package dev.weft.controlplane.pki;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What the members of a cluster and its clients know each other by: one certificate that all of
 * them show, signed by an authority whose key nobody keeps, so that there is never another. PEM.
 * Immutable.
 *
 * @param trusted the authority's certificate, or several
 * @param certificate what each shows, and its chain
 * @param key its private key (PKCS #8)
 */
public record MemberCertificates(String trusted, String certificate, String key) {
  private static final Duration LIFETIME = Duration.ofDays(3650);

  /**
   * Makes them, good for ten years.
   *
   * @param names of the members: host names and IP addresses
   */
  public static MemberCertificates make(List<String> names, Instant now) {
    KeyedCertificate root = CertificateIssuer.newRoot(now, LIFETIME);
    KeyedCertificate member = CertificateIssuer.member(root, names, now, LIFETIME);
    return new MemberCertificates(
        Pem.text(root.certificate()), Pem.text(member.chain()), Pem.text(member.key()));
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "MemberCertificates[" + certificate + "]";
  }
}
