package dev.weft.controlplane.compile;

import dev.weft.controlplane.compile.Reads.Input;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.PodEndpoint;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadPort;
import dev.weft.controlplane.registry.RegistryChange;
import dev.weft.controlplane.registry.RegistryView;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which inputs a change of Kubernetes' endpoints and addresses touches. Only what is read of them
 * counts: an endpoint that becomes ready touches none of these. Pure.
 */
final class EndpointChanges {
  private EndpointChanges() {}

  static void note(RegistryChange change, Set<Input> changed) {
    for (String address : change.addresses()) {
      if (!At.of(change.previous(), address).equals(At.of(change.view(), address))) {
        changed.add(Input.address(address));
      }
    }
    for (RegistryChange.WorkloadChange each : change.workloads()) {
      Workload before = each.before();
      Workload after = each.after();
      if (before != null && after != null && reads(before).equals(reads(after))) {
        continue;
      }
      note(before, changed);
      note(after, changed);
    }
  }

  private static void note(@Nullable Workload endpoint, Set<Input> changed) {
    PodEndpoint pod = endpoint == null ? null : endpoint.pod();
    if (endpoint == null || pod == null) {
      return;
    }
    changed.add(new Input(Input.Kind.POD, new ObjectKey(endpoint.namespace(), endpoint.id())));
    if (!pod.hostname().isEmpty()) {
      var service = new ObjectKey(endpoint.namespace(), endpoint.service());
      changed.add(Input.hostname(service, pod.hostname()));
    }
  }

  private static Read reads(Workload endpoint) {
    PodEndpoint pod = endpoint.pod();
    return new Read(
        endpoint.address(),
        endpoint.ports(),
        pod == null ? "" : pod.hostname(),
        pod == null ? Map.of() : endpoint.labels());
  }

  /** What is read of one endpoint besides its slice. */
  private record Read(
      String address, List<WorkloadPort> ports, String hostname, Map<String, String> labels) {}

  /** What is read at one address. */
  private record At(@Nullable ObjectKey service, List<Leading> endpoints) {
    static At of(RegistryView view, String address) {
      Service service = view.serviceAt(address);
      return new At(
          service == null ? null : new ObjectKey(service.namespace(), service.name()),
          view.endpointsAt(address).stream()
              .map(one -> new Leading(one.namespace(), one.service(), one.ports()))
              .toList());
    }
  }

  private record Leading(String namespace, String service, List<WorkloadPort> ports) {}
}
