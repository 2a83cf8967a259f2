package dev.weft.controlplane.validate.policy;

import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.TrafficPolicy;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** What is there already that a new document may refer to. Immutable while a batch is checked. */
public interface Inventory {
  /** The service, explicit or implied by its instances; null when there is none. */
  @Nullable Service service(String namespace, String name);

  /** The names of a namespace's services, for near misses. */
  Collection<String> serviceNames(String namespace);

  /** The grants of a namespace, by which routes of others may refer to its services. */
  Collection<ReferenceGrant> referenceGrants(String namespace);

  /** The names of a namespace's routes of one kind. */
  Collection<String> routeNames(String kind, String namespace);

  /** A namespace's traffic policies. */
  Collection<TrafficPolicy> trafficPolicies(String namespace);

  /** A namespace's configuration entries. */
  Collection<ConfigEntry> configEntries(String namespace);
}
