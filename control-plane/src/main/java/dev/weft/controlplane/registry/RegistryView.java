package dev.weft.controlplane.registry;

import dev.weft.common.config.Locality;
import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.registry.v1.StoredOverride;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The registry as it was at one revision. Immutable: any thread may keep and read it; views share
 * what did not change between them. Every list is in the order of namespace and name.
 */
public final class RegistryView {
  /** Before the store was read for the first time. */
  static final RegistryView EMPTY =
      new RegistryView(
          "",
          0,
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

  private final String storeId;
  private final long revision;

  /** namespace/id; those that are registered, which Kubernetes' endpoints are not. */
  final SortedTree<Workload> workloads;

  /** namespace/service/id. */
  final SortedTree<Workload> byService;

  /** namespace/name; explicit and implicit ones. */
  final SortedTree<Service> services;

  /** namespace/name; those with a selector. */
  final SortedTree<Service> selecting;

  /** address/namespace/name, by each address that Kubernetes gave it, canonical. */
  final SortedTree<Service> byClusterIp;

  /** namespace/name. */
  final SortedTree<HttpRoute> httpRoutes;

  /** namespace/kind/name; those that are no HTTPRoutes. */
  final SortedTree<HttpRoute> otherRoutes;

  /** namespace/name. */
  final SortedTree<ReferenceGrant> referenceGrants;

  /** namespace/name. */
  final SortedTree<TrafficPolicy> trafficPolicies;

  /** namespace/name. */
  final SortedTree<ConfigEntry> configEntries;

  /** kind/namespace/name. */
  final SortedTree<Policy> policies;

  /** By the store's key. */
  final SortedTree<RegistryProblem> problems;

  /** namespace/id/replica. */
  final SortedTree<Held> sessions;

  /** By replica id. */
  final SortedTree<Held> replicas;

  /** By role. */
  final SortedTree<Held> leaders;

  /** replica/chunk. */
  final SortedTree<Report> reports;

  /** By the store's key. */
  final SortedTree<FormerMark> former;

  /** By the store's key. */
  final SortedTree<StoredOverride> overrides;

  final EndpointTrees endpoints;

  /**
   * A key under a replica's lease.
   *
   * @param holder the replica
   * @param value what the key holds: a session's incarnation, else the replica's id
   */
  record Held(String holder, String value, long revision) {}

  /**
   * What a replica tells the others of its sidecars, in one of several parts.
   *
   * @param text as it stands in the store
   * @param revision at which it was written
   */
  public record Report(String replica, int chunk, String text, long revision) {}

  RegistryView(
      String storeId,
      long revision,
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
    this.storeId = storeId;
    this.revision = revision;
    this.workloads = workloads;
    this.byService = byService;
    this.services = services;
    this.selecting = selecting;
    this.byClusterIp = byClusterIp;
    this.httpRoutes = httpRoutes;
    this.otherRoutes = otherRoutes;
    this.referenceGrants = referenceGrants;
    this.trafficPolicies = trafficPolicies;
    this.configEntries = configEntries;
    this.policies = policies;
    this.problems = problems;
    this.sessions = sessions;
    this.replicas = replicas;
    this.leaders = leaders;
    this.reports = reports;
    this.former = former;
    this.overrides = overrides;
    this.endpoints = endpoints;
  }

  /** The view of a whole store at one revision, e.g. one of the past. */
  public static RegistryView of(
      String storeId, long revision, List<Entry> entries, PolicyReader reader) {
    ViewBuilder builder = new ViewBuilder(reader);
    entries.forEach(builder::put);
    return builder.publish(storeId, revision, EMPTY, true).view();
  }

  /** The store's identity; empty before it was read for the first time. */
  public String storeId() {
    return storeId;
  }

  /** The store's revision that this view shows; 0 before it was read for the first time. */
  public long revision() {
    return revision;
  }

  /** How many workloads there are. */
  public int workloadCount() {
    return workloads.size() + endpoints.byService().size();
  }

  /** A workload by its id; a pod of several services as one of them has it. */
  public @Nullable Workload workload(String namespace, String id) {
    Workload registered = workloads.get(namespace + '/' + id);
    List<Workload> ofPod = registered == null ? endpoints.ofPod(namespace, id) : List.of();
    return ofPod.isEmpty() ? registered : ofPod.getFirst();
  }

  /** The workloads of a namespace, of all when it is empty: first what is registered. */
  public List<Workload> workloads(String namespace) {
    List<Workload> all = inNamespace(workloads, namespace);
    all.addAll(inNamespace(endpoints.byService(), namespace));
    return all;
  }

  /** The endpoints that Kubernetes lists for a service, ready or not. */
  public List<Workload> endpointsOf(String namespace, String service) {
    return endpoints.ofService(namespace, service);
  }

  /** The endpoints that Kubernetes has at an address, one per service that lists them. */
  public List<Workload> endpointsAt(String canonicalAddress) {
    return endpoints.at(canonicalAddress);
  }

  /** The endpoints that are that pod, one per service that lists it. */
  public List<Workload> endpointsOfPod(String namespace, String pod) {
    return endpoints.ofPod(namespace, pod);
  }

  /**
   * Whether Kubernetes lists endpoints there.
   *
   * @param namespace empty: anywhere
   * @param service empty: for any service
   */
  public boolean hasEndpoints(String namespace, String service) {
    String prefix =
        namespace.isEmpty() ? "" : namespace + '/' + (service.isEmpty() ? "" : service + '/');
    return endpoints.byService().containsPrefix(prefix);
  }

  /** The service of Kubernetes that has this address as its own; null when none does. */
  public @Nullable Service serviceAt(String canonicalAddress) {
    List<Service> found = new ArrayList<>();
    byClusterIp.forEachWithPrefix(canonicalAddress + '/', found::add);
    return found.isEmpty() ? null : found.getFirst();
  }

  /** Where the machine of that name stands; unknown where nothing says it. */
  public Locality localityOf(String node) {
    Locality locality = endpoints.nodes().get(node);
    return locality == null ? Locality.UNKNOWN : locality;
  }

  /** The workloads that registered under that name, whatever a document selects. */
  public List<Workload> registeredUnder(String namespace, String service) {
    List<Workload> found = new ArrayList<>();
    byService.forEachWithPrefix(namespace + '/' + service + '/', found::add);
    return found;
  }

  /** The workloads that belong to a service, ready or not. */
  public List<Workload> workloadsOf(Service service) {
    if (service.kubernetes() != null) {
      return endpoints.ofService(service.namespace(), service.name());
    }
    if (service.selector().isEmpty()) {
      return registeredUnder(service.namespace(), service.name());
    }
    List<Workload> found = new ArrayList<>();
    workloads.forEachWithPrefix(
        service.namespace() + '/',
        workload -> {
          if (service.selects(workload)) {
            found.add(workload);
          }
        });
    return found;
  }

  /** The service of that name, explicit or implicit. */
  public @Nullable Service service(String namespace, String name) {
    return services.get(namespace + '/' + name);
  }

  public int serviceCount() {
    return services.size();
  }

  public void forEachService(Consumer<? super Service> action) {
    services.forEach(action);
  }

  /** The services of a namespace, explicit and implicit; of all when it is empty. */
  public List<Service> services(String namespace) {
    return inNamespace(services, namespace);
  }

  /** The services that a workload belongs to. */
  public List<Service> servicesOf(Workload workload) {
    List<Service> found = new ArrayList<>();
    Service own = service(workload.namespace(), workload.service());
    if (own != null && own.selector().isEmpty() && own.selects(workload)) {
      found.add(own);
    }
    if (workload.pod() != null) {
      return found;
    }
    selecting.forEachWithPrefix(
        workload.namespace() + '/',
        service -> {
          if (service.selects(workload)) {
            found.add(service);
          }
        });
    return found;
  }

  public @Nullable HttpRoute httpRoute(ObjectKey key) {
    return httpRoutes.get(key.toString());
  }

  /** The routes of a namespace; of all when it is empty. */
  public List<HttpRoute> httpRoutes(String namespace) {
    return inNamespace(httpRoutes, namespace);
  }

  /** A route that is no HTTPRoute, by its {@link HttpRoute#key}. */
  public @Nullable HttpRoute otherRoute(ObjectKey key) {
    return otherRoutes.get(key.toString());
  }

  /** Those routes of a namespace that are no HTTPRoutes; of all when it is empty. */
  public List<HttpRoute> otherRoutes(String namespace) {
    return inNamespace(otherRoutes, namespace);
  }

  public @Nullable ReferenceGrant referenceGrant(ObjectKey key) {
    return referenceGrants.get(key.toString());
  }

  /** The grants of a namespace; of all when it is empty. */
  public List<ReferenceGrant> referenceGrants(String namespace) {
    return inNamespace(referenceGrants, namespace);
  }

  public @Nullable TrafficPolicy trafficPolicy(ObjectKey key) {
    return trafficPolicies.get(key.toString());
  }

  /** The traffic policies of a namespace; of all when it is empty. */
  public List<TrafficPolicy> trafficPolicies(String namespace) {
    return inNamespace(trafficPolicies, namespace);
  }

  public @Nullable ConfigEntry configEntry(ObjectKey key) {
    return configEntries.get(key.toString());
  }

  /** The configuration entries of a namespace; of all when it is empty. */
  public List<ConfigEntry> configEntries(String namespace) {
    return inNamespace(configEntries, namespace);
  }

  /** A policy document as it is stored, with its key, source and revision set. */
  public @Nullable Policy policy(String kind, String namespace, String name) {
    return policies.get(kind + '/' + namespace + '/' + name);
  }

  /** Policy documents by kind, namespace and name; an empty kind or namespace means all. */
  public List<Policy> policies(String kind, String namespace) {
    List<Policy> found = new ArrayList<>();
    Consumer<Policy> action =
        policy -> {
          if (namespace.isEmpty() || policy.getKey().getNamespace().equals(namespace)) {
            found.add(policy);
          }
        };
    if (kind.isEmpty()) {
      policies.forEach(action);
    } else {
      policies.forEachWithPrefix(kind + '/', action);
    }
    return found;
  }

  /** What operators say, and what they have lifted lately: instances first, then zones. */
  public List<StoredOverride> overrides() {
    List<StoredOverride> found = new ArrayList<>();
    overrides.forEach(found::add);
    return found;
  }

  /** What operators say of an instance itself, whether there is one or not; null: nothing. */
  public @Nullable StoredOverride instanceOverride(String namespace, String id) {
    return overrides.get(Keyspace.instanceOverride(namespace, id));
  }

  /** What operators say of a zone; null: nothing. */
  public @Nullable StoredOverride zoneOverride(String zone) {
    return overrides.get(Keyspace.zoneOverride(zone));
  }

  /** What in the store could not be used. */
  public List<RegistryProblem> problems() {
    List<RegistryProblem> found = new ArrayList<>();
    problems.forEach(found::add);
    return found;
  }

  /** The ids of the replicas that are there. */
  public List<String> replicas() {
    List<String> found = new ArrayList<>();
    replicas.forEach(held -> found.add(held.holder()));
    return found;
  }

  /** What replicas tell of their sidecars. */
  public List<Report> reports() {
    List<Report> found = new ArrayList<>();
    reports.forEach(found::add);
    return found;
  }

  /** Whether what replicas tell, or which there are, is other than in another view. */
  public boolean tellsOtherThan(RegistryView other) {
    return reports != other.reports || replicas != other.replicas;
  }

  /** How many sessions all replicas hold. */
  public int sessionCount() {
    return sessions.size();
  }

  /** Whether some replica hears from exactly this incarnation. */
  boolean hasSession(Workload workload) {
    boolean[] found = new boolean[1];
    sessions.forEachWithPrefix(
        workload.namespace() + '/' + workload.id() + '/',
        held -> found[0] |= held.value().equals(workload.incarnation()));
    return found[0];
  }

  private static <V> List<V> inNamespace(SortedTree<V> tree, String namespace) {
    List<V> found = new ArrayList<>();
    if (namespace.isEmpty()) {
      tree.forEach(found::add);
    } else {
      tree.forEachWithPrefix(namespace + '/', found::add);
    }
    return found;
  }
}
