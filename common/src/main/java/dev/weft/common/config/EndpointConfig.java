package dev.weft.common.config;

import java.util.Map;
import java.util.Set;

/**
 * One instance of a cluster.
 *
 * @param address an IP address
 * @param weight 1 to 1,000,000, among the endpoints of its cluster
 * @param sidecar whether a sidecar listens there, which understands the hop header
 * @param incarnation changes when the process behind the id does: health learnt about the old one
 *     is forgotten
 * @param forZones zones whose callers are to prefer it; empty: no hint
 * @param forNodes machines on which the callers run that are to prefer it; empty: no hint
 */
public record EndpointConfig(
    String id,
    String incarnation,
    String address,
    int port,
    int weight,
    Locality locality,
    boolean sidecar,
    Set<WireProtocol> protocols,
    String identity,
    Map<String, String> labels,
    Set<String> forZones,
    Set<String> forNodes) {
  public EndpointConfig {
    protocols = Set.copyOf(protocols);
    labels = Map.copyOf(labels);
    forZones = Set.copyOf(forZones);
    forNodes = Set.copyOf(forNodes);
  }

  /** One that is for every caller alike. */
  public EndpointConfig(
      String id,
      String incarnation,
      String address,
      int port,
      int weight,
      Locality locality,
      boolean sidecar,
      Set<WireProtocol> protocols,
      String identity,
      Map<String, String> labels) {
    this(
        id,
        incarnation,
        address,
        port,
        weight,
        locality,
        sidecar,
        protocols,
        identity,
        labels,
        Set.of(),
        Set.of());
  }

  public enum WireProtocol {
    HTTP1,
    HTTP2,
    TCP
  }
}
