package dev.weft.controlplane.model;

import java.util.List;

/**
 * What a {@link Service} of Kubernetes has beyond its ports. Its endpoints are those that
 * Kubernetes lists, never what a selector matches. Immutable.
 *
 * @param clusterIps the addresses that callers connect to, canonical, the preferred family first;
 *     none: headless or external
 * @param headless whether its name stands for the endpoints' own addresses
 * @param externalName the name outside that it stands for; empty: none. Such a service has no ports
 * @param publishNotReadyAddresses whether endpoints get requests before they are ready
 */
public record KubernetesService(
    List<String> clusterIps,
    boolean headless,
    String externalName,
    boolean publishNotReadyAddresses) {
  public KubernetesService {
    clusterIps = List.copyOf(clusterIps);
  }
}
