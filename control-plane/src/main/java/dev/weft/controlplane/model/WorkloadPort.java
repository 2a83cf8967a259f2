package dev.weft.controlplane.model;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import java.util.Set;

/**
 * One port of a workload.
 *
 * @param name empty or a DNS label, e.g. {@code http}
 * @param servicePort the service's port, as callers address it
 * @param port the port to connect to at the workload's address
 */
public record WorkloadPort(String name, int servicePort, int port, Set<WireProtocol> protocols) {
  public WorkloadPort {
    protocols = Set.copyOf(protocols);
  }
}
