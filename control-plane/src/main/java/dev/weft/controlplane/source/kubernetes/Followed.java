package dev.weft.controlplane.source.kubernetes;

import dev.weft.controlplane.source.kubernetes.api.ApiResource;
import dev.weft.controlplane.validate.Kinds;
import java.util.List;

/** The kinds that are followed. */
final class Followed {
  static final ApiResource PODS =
      ApiResource.of("Pod", "", "pods", "v1").where("status.phase!=Succeeded,status.phase!=Failed");
  static final ApiResource NODES = ApiResource.of("Node", "", "nodes", "v1");
  static final ApiResource SLICES =
      ApiResource.of("EndpointSlice", "discovery.k8s.io", "endpointslices", "v1");

  private static final String GATEWAY = "gateway.networking.k8s.io";
  private static final List<ApiResource> DOCUMENTS =
      List.of(
          ApiResource.of("Service", "", "services", "v1"),
          ApiResource.of("Namespace", "", "namespaces", "v1"),
          ApiResource.of("HTTPRoute", GATEWAY, "httproutes", "v1"),
          ApiResource.of("GRPCRoute", GATEWAY, "grpcroutes", "v1"),
          ApiResource.of("ReferenceGrant", GATEWAY, "referencegrants", "v1beta1", "v1"),
          ApiResource.of("TLSRoute", GATEWAY, "tlsroutes", "v1", "v1alpha3", "v1alpha2"),
          ApiResource.of("TCPRoute", GATEWAY, "tcproutes", "v1", "v1alpha2"),
          ApiResource.of("TrafficPolicy", "weft.dev", "trafficpolicies", "v1alpha1"));

  private Followed() {}

  /** Those that are stored as documents: what the registry understands. */
  static List<ApiResource> documents() {
    return DOCUMENTS.stream().filter(each -> Kinds.all().contains(each.kind())).toList();
  }
}
