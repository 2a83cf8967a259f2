package dev.weft.controlplane.registry;

import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.validate.policy.Inventory;
import dev.weft.controlplane.validate.policy.Kinds;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a view of the registry knows. */
public record ViewInventory(RegistryView view) implements Inventory {
  @Override
  public @Nullable Service service(String namespace, String name) {
    return view.service(namespace, name);
  }

  @Override
  public Collection<String> serviceNames(String namespace) {
    return view.services(namespace).stream().map(Service::name).toList();
  }

  @Override
  public Collection<ReferenceGrant> referenceGrants(String namespace) {
    return view.referenceGrants(namespace);
  }

  @Override
  public Collection<String> routeNames(String kind, String namespace) {
    List<HttpRoute> routes =
        kind.equals(Kinds.HTTP_ROUTE) ? view.httpRoutes(namespace) : view.otherRoutes(namespace);
    return routes.stream()
        .filter(route -> route.kind().kind().equals(kind))
        .map(route -> route.meta().name())
        .toList();
  }

  @Override
  public Collection<TrafficPolicy> trafficPolicies(String namespace) {
    return view.trafficPolicies(namespace);
  }

  @Override
  public Collection<ConfigEntry> configEntries(String namespace) {
    return view.configEntries(namespace);
  }
}
