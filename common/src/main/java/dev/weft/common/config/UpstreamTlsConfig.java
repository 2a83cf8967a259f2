package dev.weft.common.config;

import java.util.List;

/**
 * How connections to a cluster are secured.
 *
 * @param serverName sent to the server (SNI), and what its certificate must be for
 * @param subjectAltNames when there are any, the certificate must have one of these instead: a URI
 *     where there is "://", else a host
 * @param caCertificates PEM; empty: the authorities of the sidecar's machine
 * @param clientCertificate whether the sidecar shows its own certificate
 */
public record UpstreamTlsConfig(
    String serverName,
    List<String> subjectAltNames,
    String caCertificates,
    boolean clientCertificate,
    TlsVersion minVersion) {
  public UpstreamTlsConfig {
    subjectAltNames = List.copyOf(subjectAltNames);
  }

  public enum TlsVersion {
    TLS_1_2,
    TLS_1_3
  }
}
