package dev.weft.controlplane.registry;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.KubernetesService;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadPort;
import dev.weft.controlplane.registry.Candidates.Candidate;
import dev.weft.controlplane.registry.PolicyReader.Decoded;
import dev.weft.controlplane.registry.ViewDiff.Touched;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Follows the store's entries and makes views of them. What cannot be decoded is skipped and
 * becomes a {@link RegistryProblem}. Owned by the registry thread.
 */
final class ViewBuilder {
  private final PolicyReader reader;
  private final Candidates<Workload> workloadClaims = new Candidates<>();
  private final Candidates<StoredPolicy> policyClaims = new Candidates<>();
  private SortedTree<Workload> workloads = SortedTree.empty();
  private SortedTree<Workload> byService = SortedTree.empty();
  private SortedTree<Service> documents = SortedTree.empty();
  private SortedTree<Service> services = SortedTree.empty();
  private SortedTree<Service> selecting = SortedTree.empty();
  private SortedTree<Service> byClusterIp = SortedTree.empty();
  private SortedTree<HttpRoute> httpRoutes = SortedTree.empty();
  private SortedTree<HttpRoute> otherRoutes = SortedTree.empty();
  private SortedTree<ReferenceGrant> referenceGrants = SortedTree.empty();
  private SortedTree<TrafficPolicy> trafficPolicies = SortedTree.empty();
  private SortedTree<ConfigEntry> configEntries = SortedTree.empty();
  private SortedTree<Policy> policies = SortedTree.empty();
  private SortedTree<RegistryProblem> problems = SortedTree.empty();
  private SortedTree<FormerMark> former = SortedTree.empty();
  private final LeasedEntries leased = new LeasedEntries();
  private final Touched touched = new Touched();
  private final Overrides overrides = new Overrides();
  private final EndpointSlices slices = new EndpointSlices(touched, overrides);

  private record StoredPolicy(Policy policy, @Nullable Decoded decoded) {}

  ViewBuilder(PolicyReader reader) {
    this.reader = reader;
  }

  void put(Entry entry) {
    String key = entry.key();
    problems = problems.remove(key);
    try {
      if (key.startsWith(Keyspace.REGISTRY_PREFIX)) {
        putInstance(entry, parts(key, 4, "registry/SOURCE/NAMESPACE/SERVICE/ID"));
      } else if (key.startsWith(Keyspace.ENDPOINTS_PREFIX)) {
        putEndpoints(entry, parts(key, 4, "endpoints/SOURCE/NAMESPACE/SERVICE/SLICE"));
      } else if (key.startsWith(Keyspace.NODES_PREFIX)) {
        String[] parts = parts(key, 2, "nodes/SOURCE/NAME");
        slices.node(parts[1], WorkloadCodec.locality(Locality.parseFrom(entry.value())));
      } else if (key.startsWith(Keyspace.POLICY_PREFIX)) {
        putPolicy(entry, parts(key, 4, "policy/SOURCE/KIND/NAMESPACE/NAME"));
      } else if (key.startsWith(Keyspace.FORMER_POLICY_PREFIX)) {
        former = former.put(key, FormerMark.of(entry));
      } else if (key.startsWith(Keyspace.OVERRIDE_PREFIX)) {
        overrides.put(entry);
        settleOverridden(key);
      } else {
        leased.put(entry);
      }
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      // What the key held before must not go on as if it were current.
      delete(key);
      String why = e.getMessage();
      problems =
          problems.put(key, new RegistryProblem(key, why == null ? e.getClass().getName() : why));
    }
  }

  void delete(String key) {
    problems = problems.remove(key);
    if (key.startsWith(Keyspace.REGISTRY_PREFIX)) {
      String[] parts = Keyspace.parts(key, 4);
      if (parts != null) {
        String name = parts[1] + '/' + parts[3];
        workloadClaims.remove(name, key);
        settleWorkload(name);
      }
    } else if (key.startsWith(Keyspace.ENDPOINTS_PREFIX)) {
      slices.remove(key);
    } else if (key.startsWith(Keyspace.NODES_PREFIX)) {
      String[] parts = Keyspace.parts(key, 2);
      if (parts != null) {
        slices.node(parts[1], null);
      }
    } else if (key.startsWith(Keyspace.POLICY_PREFIX)) {
      String[] parts = Keyspace.parts(key, 4);
      if (parts != null) {
        String name = parts[1] + '/' + parts[2] + '/' + parts[3];
        policyClaims.remove(name, key);
        settlePolicy(name);
      }
    } else if (key.startsWith(Keyspace.FORMER_POLICY_PREFIX)) {
      former = former.remove(key);
    } else if (key.startsWith(Keyspace.OVERRIDE_PREFIX)) {
      overrides.delete(key);
      settleOverridden(key);
    } else {
      leased.delete(key);
    }
  }

  /** The view of everything put and deleted so far, and what differs from the one before. */
  RegistryChange publish(String storeId, long revision, RegistryView previous, boolean resync) {
    for (String service : touched.services) {
      settleService(service);
    }
    RegistryView view =
        new RegistryView(
            storeId,
            revision,
            new ViewTrees(
                workloads,
                byService,
                services,
                selecting,
                byClusterIp,
                httpRoutes,
                otherRoutes,
                referenceGrants,
                trafficPolicies,
                configEntries,
                policies,
                problems,
                leased.sessions(),
                leased.replicas(),
                leased.leaders(),
                leased.reports(),
                former,
                overrides.all(),
                slices.trees()));
    RegistryChange change =
        resync ? ViewDiff.full(previous, view) : ViewDiff.of(previous, view, touched, false);
    touched.clear();
    return change;
  }

  private void putInstance(Entry entry, String[] parts) throws InvalidProtocolBufferException {
    Instance instance = Instance.parseFrom(entry.value());
    if (!instance.getNamespace().equals(parts[1])
        || !instance.getService().equals(parts[2])
        || !instance.getId().equals(parts[3])) {
      throw new IllegalArgumentException(
          "the instance inside says it is "
              + instance.getNamespace()
              + '/'
              + instance.getService()
              + '/'
              + instance.getId()
              + ", its key says otherwise");
    }
    String name = parts[1] + '/' + parts[3];
    Workload workload = WorkloadCodec.toWorkload(instance, parts[0], entry.modRevision());
    workloadClaims.put(name, new Candidate<>(entry.key(), parts[0], entry.modRevision(), workload));
    settleWorkload(name);
  }

  private void putEndpoints(Entry entry, String[] parts) throws InvalidProtocolBufferException {
    ServiceEndpoints slice = ServiceEndpoints.parseFrom(entry.value());
    if (!slice.getNamespace().equals(parts[1])
        || !slice.getService().equals(parts[2])
        || !slice.getSlice().equals(parts[3])) {
      throw new IllegalArgumentException(
          "the endpoints inside say they are "
              + slice.getNamespace()
              + '/'
              + slice.getService()
              + '/'
              + slice.getSlice()
              + ", their key says otherwise");
    }
    EndpointsCodec.Read read = EndpointsCodec.read(slice, parts[0], entry.modRevision());
    slices.put(entry.key(), entry.modRevision(), read.endpoints().values());
    if (!read.problem().isEmpty()) {
      problems = problems.put(entry.key(), new RegistryProblem(entry.key(), read.problem()));
    }
  }

  private void putPolicy(Entry entry, String[] parts) throws InvalidProtocolBufferException {
    Policy policy =
        Policy.parseFrom(entry.value()).toBuilder()
            .setKey(
                PolicyKey.newBuilder().setKind(parts[1]).setNamespace(parts[2]).setName(parts[3]))
            .setSource(parts[0])
            .setRevision(entry.modRevision())
            .build();
    Decoded decoded = null;
    RegistryProblem problem = null;
    try {
      decoded = reader.read(policy);
    } catch (IllegalArgumentException e) {
      String why = e.getMessage();
      problem = new RegistryProblem(entry.key(), why == null ? e.getClass().getName() : why);
    }
    String name = parts[1] + '/' + parts[2] + '/' + parts[3];
    policyClaims.put(
        name,
        new Candidate<>(
            entry.key(), parts[0], entry.modRevision(), new StoredPolicy(policy, decoded)));
    settlePolicy(name);
    if (problem != null) {
      problems = problems.put(entry.key(), problem);
    }
  }

  private void settleWorkload(String name) {
    Workload before = workloads.get(name);
    Candidate<Workload> owner = workloadClaims.owner(name);
    if (before != null) {
      byService = byService.remove(serviceOf(before) + '/' + before.id());
      if (owner == null || !keepsShape(before, owner.value())) {
        touched.services.add(serviceOf(before));
      }
    }
    if (owner == null) {
      workloads = workloads.remove(name);
    } else {
      Workload after = overrides.applied(owner.value());
      workloads = workloads.put(name, after);
      byService = byService.put(serviceOf(after) + '/' + after.id(), after);
      if (!keepsShape(before, after)) {
        touched.services.add(serviceOf(after));
      }
    }
    touched.workloads.add(name);
    reportLosers(owner, workloadClaims.losers(name));
  }

  /** Looks anew at those of whom an override speaks. */
  private void settleOverridden(String key) {
    if (key.startsWith(Keyspace.INSTANCE_OVERRIDE_PREFIX)) {
      String name = key.substring(Keyspace.INSTANCE_OVERRIDE_PREFIX.length());
      if (workloads.get(name) != null) {
        settleWorkload(name);
      }
      slices.settlePod(name);
    } else if (key.startsWith(Keyspace.ZONE_OVERRIDE_PREFIX)) {
      String zone = key.substring(Keyspace.ZONE_OVERRIDE_PREFIX.length());
      List<String> there = new ArrayList<>();
      workloads.forEachEntry(
          (name, workload) -> {
            if (workload.locality().zone().equals(zone)) {
              there.add(name);
            }
          });
      there.forEach(this::settleWorkload);
      slices.settleZone(zone);
    }
  }

  /**
   * Whether the record of the workload's service is sure to stay as it is, so that it need not be
   * derived from all of its workloads again.
   */
  private boolean keepsShape(@Nullable Workload before, Workload after) {
    if (before != null) {
      return before.service().equals(after.service()) && before.ports().equals(after.ports());
    }
    Service service = services.get(serviceOf(after));
    if (service == null) {
      return false;
    }
    for (WorkloadPort port : after.ports()) {
      ServicePort known = service.port(port.servicePort());
      if (!service.explicit() && !ServicePort.of(port).equals(known)) {
        return false;
      }
    }
    return true;
  }

  private void settlePolicy(String name) {
    Candidate<StoredPolicy> owner = policyClaims.owner(name);
    String kind = name.substring(0, name.indexOf('/'));
    String object = name.substring(kind.length() + 1);
    policies = owner == null ? policies.remove(name) : policies.put(name, owner.value().policy());
    Decoded decoded = owner == null ? null : owner.value().decoded();
    // By the key's kind, so that a document that can no longer be read also leaves its tree.
    switch (kind) {
      case Kinds.SERVICE -> {
        Service service = decoded instanceof Decoded.OfService(Service found) ? found : null;
        documents = service == null ? documents.remove(object) : documents.put(object, service);
        selecting =
            service == null || service.selector().isEmpty()
                ? selecting.remove(object)
                : selecting.put(object, service);
        touched.services.add(object);
      }
      case Kinds.HTTP_ROUTE -> {
        httpRoutes =
            decoded instanceof Decoded.OfHttpRoute(HttpRoute route)
                ? httpRoutes.put(object, route)
                : httpRoutes.remove(object);
        touched.httpRoutes.add(object);
      }
      case Kinds.GRPC_ROUTE, Kinds.TLS_ROUTE, Kinds.TCP_ROUTE -> {
        ObjectKey key = objectKey(object);
        String other = HttpRoute.key(kind, key.namespace(), key.name()).toString();
        otherRoutes =
            decoded instanceof Decoded.OfHttpRoute(HttpRoute route)
                ? otherRoutes.put(other, route)
                : otherRoutes.remove(other);
        touched.otherRoutes.add(other);
      }
      case Kinds.REFERENCE_GRANT -> {
        referenceGrants =
            decoded instanceof Decoded.OfReferenceGrant(ReferenceGrant grant)
                ? referenceGrants.put(object, grant)
                : referenceGrants.remove(object);
        touched.referenceGrants.add(object);
      }
      case Kinds.TRAFFIC_POLICY -> {
        trafficPolicies =
            decoded instanceof Decoded.OfTrafficPolicy(TrafficPolicy policy)
                ? trafficPolicies.put(object, policy)
                : trafficPolicies.remove(object);
        touched.trafficPolicies.add(object);
      }
      case Kinds.CONFIG_ENTRY -> {
        configEntries =
            decoded instanceof Decoded.OfConfigEntry(ConfigEntry entry)
                ? configEntries.put(object, entry)
                : configEntries.remove(object);
        touched.configEntries.add(object);
      }
      default -> {}
    }
    reportLosers(owner, policyClaims.losers(name));
  }

  private void settleService(String name) {
    Service before = services.get(name);
    settleRecord(name);
    Service after = services.get(name);
    List<String> had = clusterIps(before);
    List<String> has = clusterIps(after);
    for (String address : had) {
      byClusterIp = byClusterIp.remove(address + '/' + name);
    }
    for (String address : has) {
      if (after != null) {
        byClusterIp = byClusterIp.put(address + '/' + name, after);
      }
    }
    if (!had.equals(has)) {
      touched.addresses.addAll(had);
      touched.addresses.addAll(has);
    }
  }

  private static List<String> clusterIps(@Nullable Service service) {
    KubernetesService kubernetes = service == null ? null : service.kubernetes();
    return kubernetes == null ? List.of() : kubernetes.clusterIps();
  }

  private void settleRecord(String name) {
    Service document = documents.get(name);
    if (document != null) {
      services = services.put(name, document);
    } else if (byService.containsPrefix(name + '/')) {
      int slash = name.indexOf('/');
      services =
          services.put(
              name,
              Service.implicit(
                  name.substring(0, slash), name.substring(slash + 1), implicitPorts(name)));
    } else {
      services = services.remove(name);
    }
  }

  private List<ServicePort> implicitPorts(String service) {
    TreeMap<Integer, ServicePort> ports = new TreeMap<>();
    byService.forEachWithPrefix(
        service + '/',
        workload -> {
          for (WorkloadPort port : workload.ports()) {
            ports.putIfAbsent(port.servicePort(), ServicePort.of(port));
          }
        });
    return new ArrayList<>(ports.values());
  }

  private void reportLosers(@Nullable Candidate<?> owner, List<? extends Candidate<?>> losers) {
    if (owner == null) {
      return;
    }
    RegistryProblem own = problems.get(owner.key());
    if (own != null && own.message().startsWith(OWNED)) {
      problems = problems.remove(owner.key());
    }
    for (Candidate<?> loser : losers) {
      problems =
          problems.put(
              loser.key(), new RegistryProblem(loser.key(), OWNED + owner.key() + "; not used"));
    }
  }

  private static final String OWNED = "the name is owned by ";

  private static String serviceOf(Workload workload) {
    return workload.namespace() + '/' + workload.service();
  }

  static String[] parts(String key, int count, String expected) {
    String[] parts = Keyspace.parts(key, count);
    if (parts == null) {
      throw new IllegalArgumentException("not a key of the form " + expected);
    }
    return parts;
  }

  static ObjectKey objectKey(String name) {
    int slash = name.indexOf('/');
    return new ObjectKey(name.substring(0, slash), name.substring(slash + 1));
  }
}
