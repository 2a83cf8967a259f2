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
    Map<String, String> labels) {
  public EndpointConfig {
    protocols = Set.copyOf(protocols);
    labels = Map.copyOf(labels);
  }

  public enum WireProtocol {
    HTTP1,
    HTTP2,
    TCP
  }
}
