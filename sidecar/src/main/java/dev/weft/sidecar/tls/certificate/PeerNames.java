package dev.weft.sidecar.tls.certificate;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The subject alternative names of a certificate, and whether they are what was expected (RFC 9525:
 * no common name, a wildcard stands for exactly the first label).
 */
public record PeerNames(List<String> dns, List<String> addresses, List<String> uris) {
  private static final int DNS = 2;
  private static final int URI = 6;
  private static final int ADDRESS = 7;

  static PeerNames of(X509Certificate certificate) throws CertificateParsingException {
    var dns = new ArrayList<String>();
    var addresses = new ArrayList<String>();
    var uris = new ArrayList<String>();
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    if (names != null) {
      for (List<?> name : names) {
        if (name.get(0) instanceof Integer type && name.get(1) instanceof String value) {
          switch (type) {
            case DNS -> dns.add(value.toLowerCase(Locale.ROOT));
            case ADDRESS -> addresses.add(value);
            case URI -> uris.add(value);
            default -> {
              // Nothing that a peer is known by.
            }
          }
        }
      }
    }
    return new PeerNames(dns, addresses, uris);
  }

  /** Whether the certificate is that host's: a DNS name or an IP address. */
  boolean isHost(String host) {
    if (addresses.contains(host)) {
      return true;
    }
    String wanted = host.toLowerCase(Locale.ROOT);
    int dot = wanted.indexOf('.');
    String wildcard = dot <= 0 || dot == wanted.length() - 1 ? null : "*" + wanted.substring(dot);
    for (String name : dns) {
      // A wildcard for a whole top-level domain is believed of nobody.
      boolean wide = name.startsWith("*.") && name.indexOf('.', 2) < 0;
      if (name.equals(wanted) || (!wide && name.equals(wildcard))) {
        return true;
      }
    }
    return false;
  }

  /** Whether the certificate has one of the names: a URI where there is "://", else a host. */
  boolean hasOneOf(Set<String> expected) {
    for (String name : expected) {
      if (name.contains("://") ? uris.contains(name) : isHost(name)) {
        return true;
      }
    }
    return false;
  }

  /** For people. */
  @Override
  public String toString() {
    var all = new ArrayList<String>(dns);
    all.addAll(addresses);
    all.addAll(uris);
    if (all.isEmpty()) {
      return "no name at all";
    }
    return all.size() <= 5
        ? String.join(", ", all)
        : String.join(", ", all.subList(0, 5)) + " and " + (all.size() - 5) + " more";
  }
}
