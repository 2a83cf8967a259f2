package dev.weft.controlplane.validate.spec;

import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.common.config.UpstreamTlsConfig.TlsVersion;
import dev.weft.common.wire.TlsSyntax;
import dev.weft.controlplane.validate.yaml.Known;
import dev.weft.controlplane.validate.yaml.Obj;
import dev.weft.controlplane.validate.yaml.Place;
import dev.weft.controlplane.validate.yaml.YamlNode.Scalar;
import dev.weft.controlplane.validate.yaml.YamlNode.ScalarType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The {@code tls} block of a {@code TrafficPolicy}. */
final class UpstreamTlsDocuments {
  private static final String SIMPLE = "SIMPLE";
  private static final String MUTUAL = "MUTUAL";
  private static final Map<String, TlsVersion> VERSIONS =
      new TreeMap<>(Map.of("1.2", TlsVersion.TLS_1_2, "1.3", TlsVersion.TLS_1_3));

  private static final Known TLS =
      Known.of(
          "mode",
          "hostname",
          "subjectAltNames",
          "caCertificates",
          "systemCertificates",
          "minVersion");

  private UpstreamTlsDocuments() {}

  static @Nullable UpstreamTlsConfig decode(@Nullable Place at) {
    if (at == null) {
      return null;
    }
    Obj tls = Obj.of(at, TLS);
    Place modeAt = tls.require("mode", SIMPLE + " or " + MUTUAL);
    String mode = modeAt == null ? null : modeAt.oneOf(List.of(SIMPLE, MUTUAL));
    Place hostAt = tls.require("hostname", "the name that the servers' certificates are for");
    String host = hostAt == null ? null : hostAt.string();
    if (hostAt != null && host != null && !TlsSyntax.isServerName(host)) {
      hostAt.wrong("a DNS name");
    }
    var names = new ArrayList<String>();
    Set<String> seen = Place.seen();
    for (Place item : tls.items("subjectAltNames", TlsSyntax.MAX_NAMES)) {
      String name = item.string();
      if (name != null && !TlsSyntax.isAltName(name)) {
        item.wrong("a host, an address or a URI such as spiffe://...");
      } else if (name != null && item.unique(seen, name)) {
        names.add(name);
      }
    }
    Place versionAt = tls.get("minVersion");
    String version = versionAt == null ? "1.2" : versionAt.oneOf(VERSIONS.keySet());
    return new UpstreamTlsConfig(
        host == null ? "" : host,
        names,
        authorities(tls),
        MUTUAL.equals(mode),
        version == null ? TlsVersion.TLS_1_2 : VERSIONS.getOrDefault(version, TlsVersion.TLS_1_2));
  }

  private static boolean isTrue(Place at) {
    return at.node() instanceof Scalar scalar
        && scalar.type() == ScalarType.BOOLEAN
        && scalar.text().equals("true");
  }

  /** Whom to believe must be said: exactly one of the two fields. */
  private static String authorities(Obj tls) {
    Place systemAt = tls.get("systemCertificates");
    Place pemAt = tls.get("caCertificates");
    if (systemAt != null) {
      if (pemAt != null) {
        systemAt.wrong("nothing, as there are caCertificates: it is one or the other");
      } else if (!isTrue(systemAt)) {
        systemAt.wrong("true, or caCertificates instead");
      }
      return "";
    }
    if (pemAt == null) {
      tls.require("caCertificates", "certificates in PEM, or systemCertificates: true");
      return "";
    }
    String pem = pemAt.string();
    String error = pem == null ? null : TlsSyntax.certificatesError(pem);
    if (error != null) {
      pemAt.wrong(error);
    }
    return pem == null ? "" : pem;
  }
}
