package dev.weft.controlplane.model;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import java.util.Set;

/**
 * One port of a workload.
 *
 * @param name empty or a DNS label, e.g. {@code http}
 * @param servicePort the service's port, as callers address it; 0 for an endpoint of Kubernetes,
 *     whose service has a port of that name
 * @param port the port to connect to at the workload's address
 * @param appProtocol what the application behind it speaks, as in a {@code Service}; empty when not
 *     given
 */
public record WorkloadPort(
    String name, int servicePort, int port, Set<WireProtocol> protocols, String appProtocol) {
  public WorkloadPort {
    protocols = Set.copyOf(protocols);
  }
}
