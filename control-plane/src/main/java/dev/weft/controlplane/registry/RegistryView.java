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
  static final RegistryView EMPTY = new RegistryView("", 0, ViewTrees.EMPTY);

  private final String storeId;
  private final long revision;
  final ViewTrees trees;

  /**
   * A key under a replica's lease.
   *
   * @param holder the replica
   * @param value what the key holds: a session's incarnation, else the replica's id
   */
  public record Held(String holder, String value, long revision) {}

  /**
   * What a replica tells the others of its sidecars, in one of several parts.
   *
   * @param text as it stands in the store
   * @param revision at which it was written
   */
  public record Report(String replica, int chunk, String text, long revision) {}

  RegistryView(String storeId, long revision, ViewTrees trees) {
    this.storeId = storeId;
    this.revision = revision;
    this.trees = trees;
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

  /** By namespace/id: those that are registered, which Kubernetes' endpoints are not. */
  public SortedTree<Workload> registered() {
    return trees.workloads();
  }

  /** By namespace/id/replica. */
  public SortedTree<Held> sessions() {
    return trees.sessions();
  }

  /** By role. */
  public SortedTree<Held> leaders() {
    return trees.leaders();
  }

  /** By the store's key: documents as they were. */
  public SortedTree<FormerMark> former() {
    return trees.former();
  }

  /** How many workloads there are. */
  public int workloadCount() {
    return trees.workloads().size() + trees.endpoints().byService().size();
  }

  /** A workload by its id; a pod of several services as one of them has it. */
  public @Nullable Workload workload(String namespace, String id) {
    Workload registered = trees.workloads().get(namespace + '/' + id);
    List<Workload> ofPod = registered == null ? trees.endpoints().ofPod(namespace, id) : List.of();
    return ofPod.isEmpty() ? registered : ofPod.getFirst();
  }

  /** The workloads of a namespace, of all when it is empty: first what is registered. */
  public List<Workload> workloads(String namespace) {
    List<Workload> all = inNamespace(trees.workloads(), namespace);
    all.addAll(inNamespace(trees.endpoints().byService(), namespace));
    return all;
  }

  /** The endpoints that Kubernetes lists for a service, ready or not. */
  public List<Workload> endpointsOf(String namespace, String service) {
    return trees.endpoints().ofService(namespace, service);
  }

  /** The endpoints that Kubernetes has at an address, one per service that lists them. */
  public List<Workload> endpointsAt(String canonicalAddress) {
    return trees.endpoints().at(canonicalAddress);
  }

  /** The endpoints that are that pod, one per service that lists it. */
  public List<Workload> endpointsOfPod(String namespace, String pod) {
    return trees.endpoints().ofPod(namespace, pod);
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
    return trees.endpoints().byService().containsPrefix(prefix);
  }

  /** The service of Kubernetes that has this address as its own; null when none does. */
  public @Nullable Service serviceAt(String canonicalAddress) {
    List<Service> found = new ArrayList<>();
    trees.byClusterIp().forEachWithPrefix(canonicalAddress + '/', found::add);
    return found.isEmpty() ? null : found.getFirst();
  }

  /** Where the machine of that name stands; unknown where nothing says it. */
  public Locality localityOf(String node) {
    Locality locality = trees.endpoints().nodes().get(node);
    return locality == null ? Locality.UNKNOWN : locality;
  }

  /** The workloads that registered under that name, whatever a document selects. */
  public List<Workload> registeredUnder(String namespace, String service) {
    List<Workload> found = new ArrayList<>();
    trees.byService().forEachWithPrefix(namespace + '/' + service + '/', found::add);
    return found;
  }

  /** The workloads that belong to a service, ready or not. */
  public List<Workload> workloadsOf(Service service) {
    if (service.kubernetes() != null) {
      return trees.endpoints().ofService(service.namespace(), service.name());
    }
    if (service.selector().isEmpty()) {
      return registeredUnder(service.namespace(), service.name());
    }
    List<Workload> found = new ArrayList<>();
    trees
        .workloads()
        .forEachWithPrefix(
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
    return trees.services().get(namespace + '/' + name);
  }

  public int serviceCount() {
    return trees.services().size();
  }

  public void forEachService(Consumer<? super Service> action) {
    trees.services().forEach(action);
  }

  /** The services of a namespace, explicit and implicit; of all when it is empty. */
  public List<Service> services(String namespace) {
    return inNamespace(trees.services(), namespace);
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
    trees
        .selecting()
        .forEachWithPrefix(
            workload.namespace() + '/',
            service -> {
              if (service.selects(workload)) {
                found.add(service);
              }
            });
    return found;
  }

  public @Nullable HttpRoute httpRoute(ObjectKey key) {
    return trees.httpRoutes().get(key.toString());
  }

  /** The routes of a namespace; of all when it is empty. */
  public List<HttpRoute> httpRoutes(String namespace) {
    return inNamespace(trees.httpRoutes(), namespace);
  }

  /** A route that is no HTTPRoute, by its {@link HttpRoute#key}. */
  public @Nullable HttpRoute otherRoute(ObjectKey key) {
    return trees.otherRoutes().get(key.toString());
  }

  /** Those routes of a namespace that are no HTTPRoutes; of all when it is empty. */
  public List<HttpRoute> otherRoutes(String namespace) {
    return inNamespace(trees.otherRoutes(), namespace);
  }

  public @Nullable ReferenceGrant referenceGrant(ObjectKey key) {
    return trees.referenceGrants().get(key.toString());
  }

  /** The grants of a namespace; of all when it is empty. */
  public List<ReferenceGrant> referenceGrants(String namespace) {
    return inNamespace(trees.referenceGrants(), namespace);
  }

  public @Nullable TrafficPolicy trafficPolicy(ObjectKey key) {
    return trees.trafficPolicies().get(key.toString());
  }

  /** The traffic policies of a namespace; of all when it is empty. */
  public List<TrafficPolicy> trafficPolicies(String namespace) {
    return inNamespace(trees.trafficPolicies(), namespace);
  }

  public @Nullable ConfigEntry configEntry(ObjectKey key) {
    return trees.configEntries().get(key.toString());
  }

  /** The configuration entries of a namespace; of all when it is empty. */
  public List<ConfigEntry> configEntries(String namespace) {
    return inNamespace(trees.configEntries(), namespace);
  }

  /** A policy document as it is stored, with its key, source and revision set. */
  public @Nullable Policy policy(String kind, String namespace, String name) {
    return trees.policies().get(kind + '/' + namespace + '/' + name);
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
      trees.policies().forEach(action);
    } else {
      trees.policies().forEachWithPrefix(kind + '/', action);
    }
    return found;
  }

  /** What operators say, and what they have lifted lately: instances first, then zones. */
  public List<StoredOverride> overrides() {
    List<StoredOverride> found = new ArrayList<>();
    trees.overrides().forEach(found::add);
    return found;
  }

  /** What operators say of an instance itself, whether there is one or not; null: nothing. */
  public @Nullable StoredOverride instanceOverride(String namespace, String id) {
    return trees.overrides().get(Keyspace.instanceOverride(namespace, id));
  }

  /** What operators say of a zone; null: nothing. */
  public @Nullable StoredOverride zoneOverride(String zone) {
    return trees.overrides().get(Keyspace.zoneOverride(zone));
  }

  /** What in the store could not be used. */
  public List<RegistryProblem> problems() {
    List<RegistryProblem> found = new ArrayList<>();
    trees.problems().forEach(found::add);
    return found;
  }

  /** The ids of the replicas that are there. */
  public List<String> replicas() {
    List<String> found = new ArrayList<>();
    trees.replicas().forEach(held -> found.add(held.holder()));
    return found;
  }

  /** What replicas tell of their sidecars. */
  public List<Report> reports() {
    List<Report> found = new ArrayList<>();
    trees.reports().forEach(found::add);
    return found;
  }

  /** Whether what replicas tell, or which there are, is other than in another view. */
  public boolean tellsOtherThan(RegistryView other) {
    return trees.reports() != other.trees.reports() || trees.replicas() != other.trees.replicas();
  }

  /** How many sessions all replicas hold. */
  public int sessionCount() {
    return trees.sessions().size();
  }

  /** Whether some replica hears from exactly this incarnation. */
  public boolean hasSession(Workload workload) {
    boolean[] found = new boolean[1];
    trees
        .sessions()
        .forEachWithPrefix(
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
