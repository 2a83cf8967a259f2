package dev.weft.controlplane.api;

import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.source.operator.InstanceOverrides;
import dev.weft.controlplane.source.operator.InstanceOverrides.OfInstance;
import dev.weft.controlplane.source.operator.InstanceOverrides.OfZone;
import dev.weft.controlplane.source.operator.InstanceOverrides.Said;
import dev.weft.proto.registry.v1.ListOverridesResponse;
import dev.weft.proto.registry.v1.SetInstanceOverrideRequest;
import dev.weft.proto.registry.v1.SetOverrideResponse;
import dev.weft.proto.registry.v1.SetZoneMaintenanceRequest;
import dev.weft.proto.registry.v1.StoredOverride;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The calls of {@link RegistryService} by which operators say something. */
final class OverrideCalls {
  private final InstanceOverrides overrides;

  OverrideCalls(InstanceOverrides overrides) {
    this.overrides = overrides;
  }

  CompletableFuture<SetOverrideResponse> set(SetInstanceOverrideRequest request) {
    return overrides
        .set(
            new OfInstance(
                request.getNamespace(),
                request.getId(),
                request.hasDrained() ? request.getDrained() : null,
                request.hasWeight() ? request.getWeight() : null,
                request.getForce(),
                Reasons.note(request.getReason())))
        .thenApply(OverrideCalls::response);
  }

  CompletableFuture<SetOverrideResponse> set(SetZoneMaintenanceRequest request) {
    return overrides
        .set(
            new OfZone(
                request.getZone(),
                request.getOn(),
                request.getForce(),
                Reasons.note(request.getReason())))
        .thenApply(OverrideCalls::response);
  }

  static ListOverridesResponse list(RegistryView view) {
    Map<String, Integer> inZone = new HashMap<>();
    for (Workload workload : view.workloads("")) {
      inZone.merge(workload.locality().zone(), 1, Integer::sum);
    }
    var response = ListOverridesResponse.newBuilder().setRevision(view.revision());
    for (StoredOverride override : view.overrides()) {
      response.addOverrides(
          override.toBuilder()
              .setInstances(
                  override.getZone().isEmpty()
                      ? instances(view, override.getNamespace(), override.getId())
                      : inZone.getOrDefault(override.getZone(), 0)));
    }
    return response.build();
  }

  private static int instances(RegistryView view, String namespace, String id) {
    int ofPod = view.endpointsOfPod(namespace, id).size();
    return ofPod > 0 ? ofPod : view.workload(namespace, id) == null ? 0 : 1;
  }

  private static SetOverrideResponse response(Said said) {
    return SetOverrideResponse.newBuilder()
        .setRevision(said.revision())
        .setUnchanged(said.unchanged())
        .build();
  }
}
