package dev.weft.common.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Everything that a sidecar has in force, published whole by one reference.
 *
 * @param virtualHosts by {@link VirtualHostConfig#name()}
 * @param clusters by {@link ClusterConfig#name()}
 * @param endpointSlices by slice name
 * @param locality where this machine stands, as the control plane says it; it may not know
 * @param appConfig what our application is configured with
 * @param revision the store's revision whose content this completes; 0 before the first
 */
public record ConfigSnapshot(
    Map<String, VirtualHostConfig> virtualHosts,
    Map<String, ClusterConfig> clusters,
    Map<String, List<EndpointConfig>> endpointSlices,
    Map<String, InboundConfig> inbound,
    Locality locality,
    AppConfig appConfig,
    long revision) {
  public static final ConfigSnapshot EMPTY =
      new ConfigSnapshot(
          Map.of(), Map.of(), Map.of(), Map.of(), Locality.UNKNOWN, AppConfig.UNKNOWN, 0);

  public ConfigSnapshot {
    virtualHosts = Map.copyOf(virtualHosts);
    clusters = Map.copyOf(clusters);
    endpointSlices = Map.copyOf(endpointSlices);
    inbound = Map.copyOf(inbound);
  }

  /** Without a word on our application. */
  public ConfigSnapshot(
      Map<String, VirtualHostConfig> virtualHosts,
      Map<String, ClusterConfig> clusters,
      Map<String, List<EndpointConfig>> endpointSlices,
      Map<String, InboundConfig> inbound,
      Locality locality,
      long revision) {
    this(virtualHosts, clusters, endpointSlices, inbound, locality, AppConfig.UNKNOWN, revision);
  }

  /** Without a word on where this machine stands, and on our application. */
  public ConfigSnapshot(
      Map<String, VirtualHostConfig> virtualHosts,
      Map<String, ClusterConfig> clusters,
      Map<String, List<EndpointConfig>> endpointSlices,
      Map<String, InboundConfig> inbound,
      long revision) {
    this(
        virtualHosts,
        clusters,
        endpointSlices,
        inbound,
        Locality.UNKNOWN,
        AppConfig.UNKNOWN,
        revision);
  }

  /** The endpoints of a cluster, over all its slices; a slice that is not there is left out. */
  public List<EndpointConfig> endpoints(ClusterConfig cluster) {
    var all = new ArrayList<EndpointConfig>();
    for (String slice : cluster.endpointSlices()) {
      all.addAll(endpointSlices.getOrDefault(slice, List.of()));
    }
    return List.copyOf(all);
  }
}
