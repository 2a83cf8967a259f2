package dev.weft.controlplane.compile;

import dev.weft.controlplane.compile.Reads.Input;
import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.PodEndpoint;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.TrafficPolicy.TargetKind;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.RegistryChange;
import dev.weft.controlplane.registry.RegistryView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The current view with what it lacks: routes by parent, policies by target and configuration by
 * level. Owned by the compiler's thread.
 */
final class Mesh {
  private @Nullable RegistryView view;

  /** By parent, then by {@link HttpRoute#key}. */
  private final Map<ObjectKey, NavigableMap<ObjectKey, HttpRoute>> routes = new HashMap<>();

  private final Map<ObjectKey, NavigableMap<ObjectKey, TrafficPolicy>> onServices = new HashMap<>();
  private final Map<ObjectKey, NavigableMap<ObjectKey, TrafficPolicy>> onRoutes = new HashMap<>();

  /** By level. */
  private final Map<ObjectKey, NavigableMap<ObjectKey, ConfigEntry>> config = new HashMap<>();

  /**
   * Takes a change over.
   *
   * @return every input that is not what it was; near misses are for the caller to see to
   */
  Set<Input> update(RegistryChange change) {
    var changed = new HashSet<Input>();
    for (ObjectKey key : change.services()) {
      changed.add(new Input(Input.Kind.WORKLOADS_OF_SERVICE, key));
      Service before = change.previous().service(key.namespace(), key.name());
      Service after = change.view().service(key.namespace(), key.name());
      if (!Objects.equals(before, after)) {
        changed.add(new Input(Input.Kind.SERVICE, key));
      }
    }
    EndpointChanges.note(change, changed);
    change.nodes().forEach(node -> changed.add(Input.node(node)));
    for (ObjectKey key : change.httpRoutes()) {
      move(change.previous().httpRoute(key), change.view().httpRoute(key), changed);
    }
    for (ObjectKey key : change.otherRoutes()) {
      move(change.previous().otherRoute(key), change.view().otherRoute(key), changed);
    }
    change.referenceGrants().forEach(grant -> changed.add(Input.grants(grant.namespace())));
    for (ObjectKey key : change.trafficPolicies()) {
      TrafficPolicy before = change.previous().trafficPolicy(key);
      if (before != null) {
        for (TrafficPolicy.Target target : before.targets()) {
          detach(on(target), target(before, target), key);
          changed.add(input(before, target));
        }
      }
      TrafficPolicy after = change.view().trafficPolicy(key);
      if (after != null) {
        for (TrafficPolicy.Target target : after.targets()) {
          attach(on(target), target(after, target), key, after);
          changed.add(input(after, target));
        }
      }
    }
    for (ObjectKey key : change.configEntries()) {
      ConfigEntry before = change.previous().configEntry(key);
      if (before != null) {
        detach(config, before.level(), key);
        changed.add(Input.configEntries(before.level()));
      }
      ConfigEntry after = change.view().configEntry(key);
      if (after != null) {
        attach(config, after.level(), key, after);
        changed.add(Input.configEntries(after.level()));
      }
    }
    view = change.view();
    return changed;
  }

  private void move(@Nullable HttpRoute before, @Nullable HttpRoute after, Set<Input> changed) {
    if (before != null) {
      before.parents().forEach(parent -> detach(routes, service(parent), before.key()));
      note(changed, before);
    }
    if (after != null) {
      after.parents().forEach(parent -> attach(routes, service(parent), after.key(), after));
      note(changed, after);
    }
  }

  RegistryView view() {
    RegistryView current = view;
    if (current == null) {
      throw new IllegalStateException("nothing can be compiled before the registry was read");
    }
    return current;
  }

  @Nullable Service service(ObjectKey key) {
    return view().service(key.namespace(), key.name());
  }

  List<ObjectKey> serviceNames() {
    var names = new ArrayList<ObjectKey>(view().serviceCount());
    view().forEachService(one -> names.add(new ObjectKey(one.namespace(), one.name())));
    return names;
  }

  /** The routes of one namespace whose parent the service is. */
  List<HttpRoute> routesOf(ObjectKey service, String namespace) {
    NavigableMap<ObjectKey, HttpRoute> attached = routes.get(service);
    var found = new ArrayList<HttpRoute>();
    if (attached != null) {
      for (HttpRoute route : attached.tailMap(new ObjectKey(namespace, ""), true).values()) {
        if (!route.meta().namespace().equals(namespace)) {
          break;
        }
        found.add(route);
      }
    }
    return found;
  }

  /** The endpoint that has that name within the service. */
  @Nullable Workload endpointNamed(ObjectKey service, String hostname) {
    for (Workload endpoint : view().endpointsOf(service.namespace(), service.name())) {
      PodEndpoint pod = endpoint.pod();
      if (pod != null && pod.hostname().equals(hostname)) {
        return endpoint;
      }
    }
    return null;
  }

  Collection<ConfigEntry> configEntriesOf(ObjectKey level) {
    NavigableMap<ObjectKey, ConfigEntry> entries = config.get(level);
    return entries == null ? List.of() : entries.values();
  }

  List<TrafficPolicy> policiesOfService(ObjectKey service) {
    return winnersFirst(onServices.get(service));
  }

  List<TrafficPolicy> policiesOfRoute(ObjectKey route) {
    return winnersFirst(onRoutes.get(route));
  }

  private static List<TrafficPolicy> winnersFirst(
      @Nullable Map<ObjectKey, TrafficPolicy> attached) {
    return attached == null
        ? List.of()
        : attached.values().stream().sorted(TrafficPolicy.WINNER_FIRST).toList();
  }

  private static void note(Set<Input> changed, HttpRoute route) {
    String namespace = route.meta().namespace();
    for (ServiceRef parent : route.parents()) {
      changed.add(
          parent.namespace().equals(namespace)
              ? new Input(Input.Kind.ROUTES_OF_SERVICE, service(parent))
              : Input.consumerRoutes(service(parent), namespace));
    }
  }

  private static ObjectKey service(ServiceRef reference) {
    return new ObjectKey(reference.namespace(), reference.name());
  }

  private Map<ObjectKey, NavigableMap<ObjectKey, TrafficPolicy>> on(TrafficPolicy.Target target) {
    return target.kind() == TargetKind.SERVICE ? onServices : onRoutes;
  }

  /** Of a route its {@link HttpRoute#key}: two kinds may have the same name. */
  private static ObjectKey target(TrafficPolicy policy, TrafficPolicy.Target target) {
    String namespace = policy.meta().namespace();
    return target.kind() == TargetKind.SERVICE
        ? new ObjectKey(namespace, target.name())
        : HttpRoute.key(target.kind().kind(), namespace, target.name());
  }

  private static Input input(TrafficPolicy policy, TrafficPolicy.Target target) {
    return new Input(
        target.kind() == TargetKind.SERVICE
            ? Input.Kind.POLICIES_OF_SERVICE
            : Input.Kind.POLICIES_OF_ROUTE,
        target(policy, target));
  }

  private static <T> void attach(
      Map<ObjectKey, NavigableMap<ObjectKey, T>> index, ObjectKey target, ObjectKey key, T value) {
    index.computeIfAbsent(target, _ -> new TreeMap<>()).put(key, value);
  }

  private static <T> void detach(
      Map<ObjectKey, NavigableMap<ObjectKey, T>> index, ObjectKey target, ObjectKey key) {
    Map<ObjectKey, T> attached = index.get(target);
    if (attached != null) {
      attached.remove(key);
      if (attached.isEmpty()) {
        index.remove(target);
      }
    }
  }
}
