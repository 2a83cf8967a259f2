package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.controlplane.pki.Pem;
import dev.weft.controlplane.pki.PkiException;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether what the control plane shows on its ports is believed, by whom it should be, and for how
 * long. Pure.
 *
 * @param system its namespace
 * @param trusted the authority's certificates, PEM; empty: there are none
 * @param shown by each replica on each port
 */
public record CertificateCheck(String system, String trusted, List<Shown> shown, Instant now)
    implements Check {
  /** Renewed when less than this is left (of a day). */
  private static final Duration LATE = Duration.ofHours(6);

  /** The next authority is made a year before. */
  private static final Duration AUTHORITY_LATE = Duration.ofDays(300);

  /**
   * What a replica shows.
   *
   * @param problem why it shows nothing; empty when it does
   * @param chain its own certificate first
   */
  public record Shown(String pod, int port, String problem, List<X509Certificate> chain) {
    /** Copies the list. */
    public Shown {
      chain = List.copyOf(chain);
    }
  }

  /** Copies the list. */
  public CertificateCheck {
    shown = List.copyOf(shown);
  }

  @Override
  public void run(Findings to) {
    List<X509Certificate> roots;
    try {
      roots = Pem.certificates(trusted);
    } catch (PkiException e) {
      roots = List.of();
    }
    if (roots.isEmpty()) {
      to.error(
          CheckId.AUTHORITY,
          "configmap " + system + "/weft-ca",
          "has no certificate of the mesh's authority",
          "the leader writes it; what keeps it from that is in kubectl logs -n "
              + system
              + " deployment/weft-control-plane");
      return;
    }
    authority(to, roots);
    for (Shown one : shown) {
      String subject = "pod " + system + "/" + one.pod() + ", port " + one.port();
      String log = "kubectl logs -n " + system + " " + one.pod() + " says why";
      if (!one.problem().isEmpty() || one.chain().isEmpty()) {
        to.error(CheckId.CERTIFICATE, subject, "shows no certificate: " + one.problem(), log);
        continue;
      }
      X509Certificate leaf = one.chain().getFirst();
      Instant end = leaf.getNotAfter().toInstant();
      String wrong = wrong(one.chain(), roots);
      if (now.isAfter(end)) {
        to.error(
            CheckId.CERTIFICATE,
            subject,
            "its certificate expired at " + end + " and was not renewed",
            log
                + "; a restart makes a new one: kubectl rollout restart -n "
                + system
                + " deployment/weft-control-plane");
      } else if (!wrong.isEmpty()) {
        to.error(
            CheckId.CERTIFICATE,
            subject,
            "its certificate is not believed: " + wrong,
            "if the Secret weft-ca was replaced, restart what has the old one: kubectl rollout"
                + " restart -n "
                + system
                + " deployment/weft-control-plane");
      } else if (now.plus(LATE).isAfter(end)) {
        to.warning(
            CheckId.CERTIFICATE,
            subject,
            "its certificate ends at " + end + " and should have been renewed by now",
            log);
      }
    }
    if (!shown.isEmpty()) {
      to.okUnlessFound(
          CheckId.CERTIFICATE, "every port shows a certificate that the authority has signed");
    }
  }

  private void authority(Findings to, List<X509Certificate> roots) {
    Instant last =
        roots.stream()
            .map(root -> root.getNotAfter().toInstant())
            .max(Instant::compareTo)
            .orElse(Instant.EPOCH);
    if (now.isAfter(last)) {
      to.error(
          CheckId.AUTHORITY,
          "",
          "the mesh's authority expired at " + last,
          "delete the Secret " + system + "/weft-ca and restart the control plane, then the pods");
    } else if (now.plus(AUTHORITY_LATE).isAfter(last)) {
      to.warning(
          CheckId.AUTHORITY,
          "",
          "the mesh's authority ends at " + last + ", and there is no next one yet",
          "kubectl logs -n " + system + " deployment/weft-control-plane says why");
    } else {
      to.ok(CheckId.AUTHORITY, "the mesh's authority is good until " + last);
    }
  }

  /** Why the API server would not believe it; empty when it would. */
  private String wrong(List<X509Certificate> chain, List<X509Certificate> roots) {
    String name = "weft-control-plane." + system + ".svc";
    try {
      List<X509Certificate> path = chain.stream().filter(each -> !roots.contains(each)).toList();
      Set<TrustAnchor> anchors =
          roots.stream().map(root -> new TrustAnchor(root, null)).collect(Collectors.toSet());
      var parameters = new PKIXParameters(anchors);
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(now));
      CertPathValidator.getInstance("PKIX")
          .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
      return names(chain.getFirst()).contains(name) ? "" : "it is not for " + name;
    } catch (GeneralSecurityException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static List<String> names(X509Certificate certificate)
      throws CertificateParsingException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    return names == null
        ? List.of()
        : names.stream().map(name -> String.valueOf(name.get(1))).toList();
  }
}
