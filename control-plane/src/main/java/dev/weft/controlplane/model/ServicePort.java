package dev.weft.controlplane.model;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One port of a service.
 *
 * @param name empty or a DNS label
 * @param port as callers address it
 * @param targetPort the workload's port to connect to by number; 0 when given by name or not at all
 * @param targetPortName the workload's port to connect to by name; empty when given by number or
 *     not at all
 * @param appProtocol e.g. {@code http}, {@code kubernetes.io/h2c}; empty when not given
 */
public record ServicePort(
    String name, int port, int targetPort, String targetPortName, String appProtocol) {
  /** A port that the workloads serve under its own number. */
  public static ServicePort of(String name, int port) {
    return new ServicePort(name, port, 0, "", "");
  }

  /** A port that a workload has registered, as the service's own. */
  public static ServicePort of(WorkloadPort port) {
    return new ServicePort(port.name(), port.servicePort(), 0, "", port.appProtocol());
  }

  /**
   * Where to connect for this port at that workload: the port of the target's name or number, else
   * the one registered for this service port, else the bare number if no sidecar stands before it.
   * An endpoint of Kubernetes has it under this port's name.
   *
   * @return null when the workload serves nothing that fits
   */
  public @Nullable WorkloadPort resolve(Workload workload) {
    if (workload.pod() != null) {
      for (WorkloadPort candidate : workload.ports()) {
        if (candidate.name().equals(name)) {
          return candidate;
        }
      }
      return null;
    }
    if (!targetPortName.isEmpty()) {
      for (WorkloadPort candidate : workload.ports()) {
        if (candidate.name().equals(targetPortName)) {
          return candidate;
        }
      }
    }
    if (targetPort != 0) {
      for (WorkloadPort candidate : workload.ports()) {
        if (candidate.servicePort() == targetPort || candidate.port() == targetPort) {
          return candidate;
        }
      }
    }
    for (WorkloadPort candidate : workload.ports()) {
      if (candidate.servicePort() == port) {
        return candidate;
      }
    }
    // Behind a sidecar only what it has registered can be reached.
    return targetPort == 0 || workload.sidecar()
        ? null
        : new WorkloadPort("", port, targetPort, Set.of(WireProtocol.HTTP1), "");
  }
}
