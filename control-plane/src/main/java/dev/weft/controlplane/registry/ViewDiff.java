package dev.weft.controlplane.registry;

import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.RegistryChange.WorkloadChange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What differs between two views. Pure. */
final class ViewDiff {
  /** Names that may differ from the view before, each as in the view's tree. */
  static final class Touched {
    final Set<String> workloads = new HashSet<>();
    final Set<String> services = new HashSet<>();
    final Set<String> endpoints = new HashSet<>();
    final Set<String> addresses = new HashSet<>();
    final Set<String> nodes = new HashSet<>();
    final Set<String> httpRoutes = new HashSet<>();
    final Set<String> otherRoutes = new HashSet<>();
    final Set<String> referenceGrants = new HashSet<>();
    final Set<String> trafficPolicies = new HashSet<>();
    final Set<String> configEntries = new HashSet<>();

    void clear() {
      workloads.clear();
      services.clear();
      endpoints.clear();
      addresses.clear();
      nodes.clear();
      httpRoutes.clear();
      otherRoutes.clear();
      referenceGrants.clear();
      trafficPolicies.clear();
      configEntries.clear();
    }
  }

  private ViewDiff() {}

  /** Looks at everything in both. */
  static RegistryChange full(RegistryView previous, RegistryView view) {
    Touched touched = new Touched();
    for (RegistryView each : List.of(previous, view)) {
      each.trees.workloads().forEach(w -> touched.workloads.add(w.namespace() + '/' + w.id()));
      each.trees.services().forEach(s -> touched.services.add(s.namespace() + '/' + s.name()));
      each.trees.endpoints().byService().forEach(e -> touched.endpoints.add(EndpointTrees.name(e)));
      each.trees
          .endpoints()
          .byAddress()
          .forEachEntry((key, e) -> touched.addresses.add(address(key)));
      each.trees.endpoints().nodes().forEachEntry((name, n) -> touched.nodes.add(name));
      each.trees.byClusterIp().forEachEntry((key, s) -> touched.addresses.add(address(key)));
      each.trees.httpRoutes().forEach(r -> touched.httpRoutes.add(r.meta().toString()));
      each.trees.otherRoutes().forEach(r -> touched.otherRoutes.add(r.key().toString()));
      each.trees.referenceGrants().forEach(g -> touched.referenceGrants.add(g.meta().toString()));
      each.trees.trafficPolicies().forEach(p -> touched.trafficPolicies.add(p.meta().toString()));
      each.trees.configEntries().forEach(e -> touched.configEntries.add(e.meta().toString()));
    }
    return of(previous, view, touched, true);
  }

  /** Looks at the touched names only. */
  static RegistryChange of(
      RegistryView previous, RegistryView view, Touched touched, boolean resync) {
    List<WorkloadChange> workloads = new ArrayList<>();
    Set<ObjectKey> services = new HashSet<>();
    for (String name : touched.workloads) {
      compare(
          previous,
          previous.trees.workloads().get(name),
          view,
          view.trees.workloads().get(name),
          workloads,
          services);
    }
    for (String name : touched.endpoints) {
      Workload before = previous.trees.endpoints().byService().get(name);
      compare(
          previous,
          before,
          view,
          view.trees.endpoints().byService().get(name),
          workloads,
          services);
    }
    for (String name : touched.services) {
      Service before = previous.trees.services().get(name);
      if (!Objects.equals(before, view.trees.services().get(name))) {
        services.add(ViewBuilder.objectKey(name));
      }
    }
    return new RegistryChange(
        previous,
        view,
        resync,
        workloads,
        services,
        addresses(previous, view, touched.addresses),
        nodes(previous, view, touched.nodes),
        changed(previous.trees.httpRoutes(), view.trees.httpRoutes(), touched.httpRoutes),
        changed(previous.trees.otherRoutes(), view.trees.otherRoutes(), touched.otherRoutes),
        changed(
            previous.trees.referenceGrants(),
            view.trees.referenceGrants(),
            touched.referenceGrants),
        changed(
            previous.trees.trafficPolicies(),
            view.trees.trafficPolicies(),
            touched.trafficPolicies),
        changed(previous.trees.configEntries(), view.trees.configEntries(), touched.configEntries));
  }

  private static void compare(
      RegistryView previous,
      @Nullable Workload before,
      RegistryView view,
      @Nullable Workload after,
      List<WorkloadChange> workloads,
      Set<ObjectKey> services) {
    if (!Objects.equals(before, after)) {
      workloads.add(new WorkloadChange(before, after));
      addServices(previous, before, services);
      addServices(view, after, services);
    }
  }

  private static Set<String> addresses(
      RegistryView previous, RegistryView view, Set<String> touched) {
    Set<String> changed = new HashSet<>();
    for (String address : touched) {
      if (!Objects.equals(previous.serviceAt(address), view.serviceAt(address))
          || !previous.endpointsAt(address).equals(view.endpointsAt(address))) {
        changed.add(address);
      }
    }
    return changed;
  }

  private static Set<String> nodes(RegistryView previous, RegistryView view, Set<String> touched) {
    Set<String> changed = new HashSet<>();
    for (String name : touched) {
      if (!previous.localityOf(name).equals(view.localityOf(name))) {
        changed.add(name);
      }
    }
    return changed;
  }

  private static String address(String key) {
    return key.substring(0, key.indexOf('/'));
  }

  private static void addServices(
      RegistryView view, @Nullable Workload workload, Set<ObjectKey> into) {
    if (workload != null) {
      for (Service service : view.servicesOf(workload)) {
        into.add(new ObjectKey(service.namespace(), service.name()));
      }
    }
  }

  private static <V> Set<ObjectKey> changed(
      SortedTree<V> before, SortedTree<V> after, Set<String> touched) {
    Set<ObjectKey> changed = new HashSet<>();
    for (String name : touched) {
      if (!Objects.equals(before.get(name), after.get(name))) {
        changed.add(ViewBuilder.objectKey(name));
      }
    }
    return changed;
  }
}
