package dev.weft.controlplane.auth;

import dev.weft.controlplane.pki.Pem;
import dev.weft.controlplane.pki.PkiException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import javax.security.auth.x500.X500Principal;

/**
 * Client certificates as the API server has them: signed by the cluster's client authority, the
 * common name is the user, the organizations are the groups. Safe from any thread.
 */
final class ClientCertificates {
  private static final String ANY_KEY_EXCHANGE = "UNKNOWN";
  private static final String REMEDY =
      "; show one that the cluster's API server takes (weft --kubeconfig FILE does)";

  private final ClientAuthority authority;

  // Guarded by this.
  private String knownPem = "";
  private X509TrustManager known = new AnyCertificate();

  ClientCertificates(ClientAuthority authority) {
    this.authority = authority;
  }

  Caller caller(List<X509Certificate> chain) throws RefusedException, ReviewUnavailableException {
    X500Principal subject = chain.getFirst().getSubjectX500Principal();
    String shown = "the client certificate of \"" + subject.getName() + "\" ";
    try {
      verifier(authority.certificates())
          .checkClientTrusted(chain.toArray(new X509Certificate[0]), ANY_KEY_EXCHANGE);
    } catch (CertificateException e) {
      throw new RefusedException(
          Refusal.unauthenticated(
              shown + "is not one of this cluster's, or not in force: " + deepest(e) + REMEDY));
    }
    List<String> names = values(subject, "CN");
    if (names.size() != 1 || names.getFirst().isEmpty()) {
      throw new RefusedException(
          Refusal.unauthenticated(shown + "has no common name, which is the user" + REMEDY));
    }
    var groups = new ArrayList<>(values(subject, "O"));
    groups.add("system:authenticated");
    return new Caller(names.getFirst(), "", groups, Map.of(), null);
  }

  private synchronized X509TrustManager verifier(String pem) throws ReviewUnavailableException {
    if (!pem.equals(knownPem)) {
      known = verifierOf(pem);
      knownPem = pem;
    }
    return known;
  }

  private static X509TrustManager verifierOf(String pem) throws ReviewUnavailableException {
    try {
      Set<TrustAnchor> anchors = new HashSet<>();
      for (X509Certificate each : Pem.certificates(pem)) {
        anchors.add(new TrustAnchor(each, null));
      }
      var parameters = new PKIXBuilderParameters(anchors, null);
      parameters.setRevocationEnabled(false);
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(new CertPathTrustManagerParameters(parameters));
      for (TrustManager each : factory.getTrustManagers()) {
        if (each instanceof X509TrustManager found) {
          return found;
        }
      }
      throw new ReviewUnavailableException("this JDK has no PKIX trust manager", null);
    } catch (PkiException | GeneralSecurityException e) {
      throw new ReviewUnavailableException(
          "the cluster's client authority cannot be used: " + e.getMessage(), e);
    }
  }

  private static List<String> values(X500Principal subject, String type) {
    var values = new ArrayList<String>();
    try {
      for (Rdn rdn : new LdapName(subject.getName(X500Principal.RFC2253)).getRdns()) {
        Attribute attribute = rdn.toAttributes().get(type);
        for (int i = 0; attribute != null && i < attribute.size(); i++) {
          if (attribute.get(i) instanceof String value) {
            values.add(value);
          }
        }
      }
    } catch (InvalidNameException e) {
      return List.of();
    } catch (NamingException e) {
      throw new IllegalStateException("attributes of a name that is in memory", e);
    }
    return values;
  }

  private static String deepest(Throwable failure) {
    Throwable at = failure;
    while (at.getCause() != null) {
      at = at.getCause();
    }
    return String.valueOf(at.getMessage());
  }
}
