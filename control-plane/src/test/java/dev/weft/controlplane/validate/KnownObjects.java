package dev.weft.controlplane.validate;

import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.validate.policy.Inventory;
import dev.weft.controlplane.validate.policy.Kinds;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What is there already, in tests: services, routes and policies of the namespace default. */
public final class KnownObjects implements Inventory {
  public static final KnownObjects NOTHING = new KnownObjects();

  private final List<Service> services = new ArrayList<>();
  private final List<ReferenceGrant> grants = new ArrayList<>();
  private final List<String> routes = new ArrayList<>();
  private final List<TrafficPolicy> policies = new ArrayList<>();

  private final List<ConfigEntry> entries = new ArrayList<>();

  KnownObjects entry(ConfigEntry entry) {
    entries.add(entry);
    return this;
  }

  @Override
  public Collection<ConfigEntry> configEntries(String namespace) {
    return entries.stream().filter(e -> e.meta().namespace().equals(namespace)).toList();
  }

  KnownObjects service(String name, int... ports) {
    services.add(
        Service.implicit(
            "default",
            name,
            java.util.Arrays.stream(ports).mapToObj(p -> ServicePort.of("", p)).toList()));
    return this;
  }

  KnownObjects route(String name) {
    routes.add(name);
    return this;
  }

  KnownObjects policy(TrafficPolicy policy) {
    policies.add(policy);
    return this;
  }

  @Override
  public @Nullable Service service(String namespace, String name) {
    return in(namespace).filter(service -> service.name().equals(name)).findFirst().orElse(null);
  }

  @Override
  public Collection<String> serviceNames(String namespace) {
    return in(namespace).map(Service::name).toList();
  }

  private Stream<Service> in(String namespace) {
    return services.stream().filter(service -> service.namespace().equals(namespace));
  }

  KnownObjects service(Service service) {
    services.add(service);
    return this;
  }

  KnownObjects grant(ReferenceGrant grant) {
    grants.add(grant);
    return this;
  }

  @Override
  public Collection<ReferenceGrant> referenceGrants(String namespace) {
    return grants.stream().filter(grant -> grant.meta().namespace().equals(namespace)).toList();
  }

  @Override
  public Collection<String> routeNames(String kind, String namespace) {
    return kind.equals(Kinds.HTTP_ROUTE) && namespace.equals("default") ? routes : List.of();
  }

  @Override
  public Collection<TrafficPolicy> trafficPolicies(String namespace) {
    return policies.stream().filter(p -> p.meta().namespace().equals(namespace)).toList();
  }
}
