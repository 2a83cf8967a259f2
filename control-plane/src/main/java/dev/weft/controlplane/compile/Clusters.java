package dev.weft.controlplane.compile;

import dev.weft.common.config.AppProtocols;
import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.PodEndpoint;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadPort;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.proto.discovery.v1.Cluster;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.EndpointSlice;
import dev.weft.proto.discovery.v1.Inbound;
import dev.weft.proto.discovery.v1.InboundPort;
import dev.weft.proto.discovery.v1.Resource;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Compiles clusters, their endpoint slices and inbound configurations. Pure but for what {@link
 * Reads} declares.
 */
final class Clusters {
  private Clusters() {}

  /** A service's port as a destination, shaped by the policies of that service. */
  static Compiled cluster(
      ResourceKey key, Service service, ServicePort port, Collection<Long> slices, Reads reads) {
    List<TrafficPolicy> policies =
        reads.policiesOfService(new ObjectKey(service.namespace(), service.name()));
    var message =
        Cluster.newBuilder()
            .setService(service.name())
            .setNamespace(service.namespace())
            .setPort(port.port())
            .addOrigins(Messages.origin(service, "endpoints"));
    TrafficPolicy.LoadBalancer balancer =
        decide(message, policies, TrafficPolicy::loadBalancer, "loadBalancer");
    OutlierConfig outlier =
        decide(message, policies, TrafficPolicy::outlierDetection, "outlierDetection");
    HealthCheckConfig check = decide(message, policies, TrafficPolicy::healthCheck, "healthCheck");
    LimitsConfig limits =
        decide(message, policies, TrafficPolicy::connectionLimits, "connectionLimits");
    Balancing.write(message, service, balancer);
    message
        .setOutlierDetection(
            Messages.outlierDetection(outlier == null ? OutlierConfig.DEFAULT : outlier))
        .setLimits(Messages.limits(limits == null ? LimitsConfig.DEFAULT : limits));
    message.setSameNodeOnly(service.traffic().sameNodeOnly());
    UpstreamTlsConfig tls = decide(message, policies, TrafficPolicy::tls, "tls");
    if (tls != null) {
      message.setTls(Messages.tls(tls));
    }
    ProxyProtocol header = decide(message, policies, TrafficPolicy::proxyProtocol, "proxyProtocol");
    if (header != null) {
      message.setProxyProtocol(Messages.proxyProtocol(header));
    }
    Duration tcpIdle = decide(message, policies, TrafficPolicy::tcpIdleTimeout, "timeouts.tcpIdle");
    if (tcpIdle != null) {
      message.setTcpIdleTimeoutNanos(tcpIdle.toNanos());
    }
    if (check != null) {
      message.setHealthCheck(Messages.healthCheck(check));
    }
    WireProtocol protocol = AppProtocols.wireProtocol(port.appProtocol());
    if (protocol != null) {
      message.setProtocol(Messages.protocol(protocol));
    }
    List<ResourceKey> needs =
        slices.stream().map(number -> ResourceKey.slice(key.name(), number)).toList();
    needs.forEach(slice -> message.addEndpointSlices(slice.name()));
    return new Compiled(
        key, Resource.newBuilder().setName(key.toMessage()).setCluster(message).build(), needs);
  }

  /** The workloads that take new requests on that port, in the given order. */
  static Compiled slice(
      ResourceKey key, Service service, ServicePort port, List<Workload> workloads) {
    var message = EndpointSlice.newBuilder();
    for (Workload workload : workloads) {
      WorkloadPort target = port.resolve(workload);
      if (target != null) {
        Endpoint.Builder endpoint = Messages.endpoint(workload, target).toBuilder();
        hint(endpoint, service, workload);
        message.addEndpoints(endpoint);
      }
    }
    return new Compiled(
        key,
        Resource.newBuilder().setName(key.toMessage()).setEndpointSlice(message).build(),
        List.of());
  }

  /**
   * For whom the endpoint is first. Kubernetes has made up its mind and says so in its slices; for
   * others it is done as it would (KEP-4444). Those that are leaving are for everybody alike, as
   * they are there only when no other is.
   */
  private static void hint(Endpoint.Builder endpoint, Service service, Workload workload) {
    PodEndpoint pod = workload.pod();
    String zone = workload.locality().zone();
    if (pod != null && service.traffic().sameNodeOnly()) {
      // Nobody elsewhere may use it, so that no other hint matters.
      if (!pod.node().isEmpty()) {
        endpoint.addForNodes(pod.node());
      }
    } else if (pod != null && !workload.lastResort()) {
      endpoint.addAllForZones(pod.forZones()).addAllForNodes(pod.forNodes());
    } else if (pod == null && service.traffic().preferSameZone() && !zone.isEmpty()) {
      endpoint.addForZones(zone);
    }
  }

  /**
   * What a sidecar applies to the requests that arrive: the protocol that its application is
   * declared to speak. No policy of v1alpha1 decides anything here: limits and timeouts of a
   * TrafficPolicy are the caller's, and a timeout here would cut short what a route allows.
   */
  static Compiled inbound(ResourceKey key, Reads reads) {
    var message = Inbound.newBuilder();
    int slash = key.name().indexOf('/');
    Service service =
        reads.service(
            new ObjectKey(key.name().substring(0, slash), key.name().substring(slash + 1)));
    if (service != null) {
      Set<Integer> seen = new HashSet<>();
      for (ServicePort port : service.ports()) {
        WireProtocol protocol = AppProtocols.wireProtocol(port.appProtocol());
        if (protocol == null) {
          continue;
        }
        for (int registered : registered(port, service, reads)) {
          if (seen.add(registered)) {
            message.addPorts(
                InboundPort.newBuilder()
                    .setPort(registered)
                    .setProtocol(Messages.protocol(protocol)));
          }
        }
      }
      if (!seen.isEmpty() && service.explicit()) {
        message.addOrigins(Messages.origin(service, "protocol"));
      }
    }
    return new Compiled(
        key, Resource.newBuilder().setName(key.toMessage()).setInbound(message).build(), List.of());
  }

  /** The numbers under which instances register what is behind a service's port. */
  private static Set<Integer> registered(ServicePort port, Service service, Reads reads) {
    if (port.targetPortName().isEmpty()) {
      return Set.of(port.targetPort() == 0 ? port.port() : port.targetPort());
    }
    // Which of its ports has the name, each instance says for itself.
    var numbers = new TreeSet<Integer>();
    for (Workload workload : reads.workloadsOf(service)) {
      WorkloadPort target = port.resolve(workload);
      if (target != null) {
        numbers.add(target.servicePort());
      }
    }
    return numbers.isEmpty() ? Set.of(port.port()) : numbers;
  }

  private static <T> @Nullable T decide(
      Cluster.Builder message,
      List<TrafficPolicy> policies,
      Function<TrafficPolicy, @Nullable T> block,
      String field) {
    for (TrafficPolicy policy : policies) {
      T said = block.apply(policy);
      if (said != null) {
        message.addOrigins(
            Messages.origin(Kinds.TRAFFIC_POLICY, policy.meta(), "spec." + field, field));
        return said;
      }
    }
    return null;
  }
}
