package dev.weft.controlplane.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemberCertificatesTest {
  private static final Instant NOW = Instant.parse("2026-11-23T00:00:00Z");
  private static final MemberCertificates MADE =
      MemberCertificates.make(List.of("etcd-0.example.org", "etcd-1.example.org", "::1"), NOW);

  @Test
  void oneCertificateIsForServersAndClientsOfAllNames() throws Exception {
    KeyedCertificate member = KeyedCertificate.parse(MADE.certificate(), MADE.key());
    X509Certificate certificate = member.chain().getFirst();
    X509Certificate authority = Pem.certificates(MADE.trusted()).getFirst();

    certificate.verify(authority.getPublicKey());
    assertThat(certificate.getExtendedKeyUsage())
        .containsExactlyInAnyOrder("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
    assertThat(certificate.getSubjectAlternativeNames())
        .extracting(name -> String.valueOf(name.get(1)))
        .containsExactly("etcd-0.example.org", "etcd-1.example.org", "0:0:0:0:0:0:0:1");
    assertThat(member.notAfter())
        .isAfter(NOW.plus(Duration.ofDays(3649)))
        .isBeforeOrEqualTo(authority.getNotAfter().toInstant());
  }

  @Test
  void nobodyKeepsTheKeyOfTheAuthority() {
    assertThat(MADE.trusted()).doesNotContain("PRIVATE KEY");
    assertThatThrownBy(() -> KeyedCertificate.parse(MADE.trusted(), MADE.key()))
        .isInstanceOf(PkiException.class)
        .hasMessageContaining("does not belong to the certificate");
    assertThat(MADE.toString()).doesNotContain("PRIVATE KEY");
  }
}
