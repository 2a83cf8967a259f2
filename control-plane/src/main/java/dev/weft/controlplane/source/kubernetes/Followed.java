package dev.weft.controlplane.source.kubernetes;

import dev.weft.controlplane.source.kubernetes.api.ApiResource;
import dev.weft.controlplane.validate.policy.Kinds;
import java.util.List;

/** The kinds that are followed. */
final class Followed {
  static final ApiResource PODS =
      ApiResource.of("Pod", "", "pods", "v1").where("status.phase!=Succeeded,status.phase!=Failed");
  static final ApiResource NODES = ApiResource.of("Node", "", "nodes", "v1");
  static final ApiResource SLICES =
      ApiResource.of("EndpointSlice", "discovery.k8s.io", "endpointslices", "v1");

  private Followed() {}

  /** Those that are stored as documents: what the registry understands. */
  static List<ApiResource> documents() {
    return Kinds.served().stream()
        .map(each -> new ApiResource(each.kind(), each.group(), each.versions(), each.plural(), ""))
        .toList();
  }
}
