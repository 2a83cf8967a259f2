package dev.weft.common.wire;

import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.common.config.UpstreamTlsConfig.TlsVersion;
import dev.weft.proto.discovery.v1.UpstreamTls;
import java.util.List;
import java.util.Set;

/** How connections to a cluster are secured. */
final class UpstreamSecurity {
  private UpstreamSecurity() {}

  static UpstreamTlsConfig decode(At at, UpstreamTls tls) throws WireException {
    String name = tls.getServerName();
    at.field("server_name").check(TlsSyntax.isServerName(name), name, "a DNS name");
    List<String> names = tls.getSubjectAltNamesList();
    at.field("subject_alt_names").count(names, TlsSyntax.MAX_NAMES);
    Set<String> seen = At.names();
    for (int i = 0; i < names.size(); i++) {
      At one = at.item("subject_alt_names", i);
      one.check(TlsSyntax.isAltName(names.get(i)), names.get(i), "a host, an address or a URI");
      one.unique(seen, names.get(i));
    }
    String authorities = tls.getCaCertificates();
    if (!authorities.isEmpty()) {
      String error = TlsSyntax.certificatesError(authorities);
      if (error != null) {
        throw at.field("ca_certificates").wrong(authorities.length() + " characters", error);
      }
    }
    return new UpstreamTlsConfig(
        name,
        names,
        authorities,
        tls.getClientCertificate(),
        TlsVersion.valueOf(at.field("min_version").known(tls.getMinVersion()).name()));
  }
}
