package dev.weft.controlplane.registry;

import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.RegistryView.Held;
import dev.weft.controlplane.registry.RegistryView.Report;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.registry.v1.StoredOverride;

/**
 * All that a view has, each tree by its own key. Immutable, shared between views where nothing
 * changed.
 *
 * @param workloads namespace/id; those that are registered, which Kubernetes' endpoints are not
 * @param byService namespace/service/id
 * @param services namespace/name; explicit and implicit ones
 * @param selecting namespace/name; those with a selector
 * @param byClusterIp address/namespace/name, by each address that Kubernetes gave it, canonical
 * @param httpRoutes namespace/name
 * @param otherRoutes namespace/kind/name; those that are no HTTPRoutes
 * @param referenceGrants namespace/name
 * @param trafficPolicies namespace/name
 * @param configEntries namespace/name
 * @param policies kind/namespace/name
 * @param problems by the store's key
 * @param sessions namespace/id/replica
 * @param replicas by replica id
 * @param leaders by role
 * @param reports replica/chunk
 * @param former by the store's key
 * @param overrides by the store's key
 * @param endpoints what Kubernetes has of pods and slices
 */
record ViewTrees(
    SortedTree<Workload> workloads,
    SortedTree<Workload> byService,
    SortedTree<Service> services,
    SortedTree<Service> selecting,
    SortedTree<Service> byClusterIp,
    SortedTree<HttpRoute> httpRoutes,
    SortedTree<HttpRoute> otherRoutes,
    SortedTree<ReferenceGrant> referenceGrants,
    SortedTree<TrafficPolicy> trafficPolicies,
    SortedTree<ConfigEntry> configEntries,
    SortedTree<Policy> policies,
    SortedTree<RegistryProblem> problems,
    SortedTree<Held> sessions,
    SortedTree<Held> replicas,
    SortedTree<Held> leaders,
    SortedTree<Report> reports,
    SortedTree<FormerMark> former,
    SortedTree<StoredOverride> overrides,
    EndpointTrees endpoints) {
  static final ViewTrees EMPTY =
      new ViewTrees(
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          SortedTree.empty(),
          EndpointTrees.EMPTY);
}
