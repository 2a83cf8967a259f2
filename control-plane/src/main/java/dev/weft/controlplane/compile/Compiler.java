package dev.weft.controlplane.compile;

import dev.weft.controlplane.compile.ClusterLayouts.Layout;
import dev.weft.controlplane.compile.Reads.Input;
import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.RegistryChange;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compiles resources of the current view on demand and says which of those that it has compiled a
 * change makes stale. What it compiles is a function of the view and the name alone.
 *
 * <p>Not safe for threads: owned by the discovery engine's. {@link #counts} may be read by any.
 */
public final class Compiler {
  /** The suffix of a service's full name, unless told otherwise. */
  public static final String DEFAULT_CLUSTER_DOMAIN = "cluster.local";

  private final String clusterDomain;
  private final Mesh mesh = new Mesh();
  private final ClusterLayouts layouts = new ClusterLayouts();
  private final EndpointLayouts endpoints = new EndpointLayouts();
  private final CompileCounts counts = new CompileCounts();

  /** What each compiled resource was made of, and the same the other way round. */
  private final Map<ResourceKey, Set<Input>> inputs = new HashMap<>();

  private final Map<Input, Set<ResourceKey>> dependents = new HashMap<>();

  /** Of these, those that each service that comes or goes is compared with. */
  private final Set<Input> nearMisses = new HashSet<>();

  public Compiler(String clusterDomain) {
    this.clusterDomain = clusterDomain;
  }

  public CompileCounts counts() {
    return counts;
  }

  /**
   * Makes the change's view the current one. The first change must begin at the empty view.
   *
   * @return those of the compiled and not forgotten resources that are to be compiled again
   */
  public Set<ResourceKey> update(RegistryChange change) {
    Set<Input> changed = mesh.update(change);
    var stale = new HashSet<ResourceKey>();
    for (Input input : changed) {
      stale.addAll(dependents.getOrDefault(input, Set.of()));
      if (input.kind() == Input.Kind.SERVICE && cameOrWent(input.key(), change)) {
        addNearMisses(input.key(), stale);
      }
    }
    for (ObjectKey service : change.services()) {
      boolean definition = changed.contains(new Input(Input.Kind.SERVICE, service));
      layouts.update(service, definition, mesh, stale);
    }
    for (String address : change.addresses()) {
      endpoints.update(address, mesh, stale);
    }
    stale.retainAll(inputs.keySet());
    return stale;
  }

  private static boolean cameOrWent(ObjectKey service, RegistryChange change) {
    boolean before = change.previous().service(service.namespace(), service.name()) != null;
    boolean after = change.view().service(service.namespace(), service.name()) != null;
    return before != after;
  }

  private void addNearMisses(ObjectKey service, Set<ResourceKey> stale) {
    if (nearMisses.size() > PeerLimit.HINTS.value()) {
      // Whoever asks for so many names that nobody knows has no use for hints, and no sidecar is to
      // wait for them.
      return;
    }
    for (Input input : nearMisses) {
      if (NearMisses.concerns(input.key().name(), input.key().namespace(), service)) {
        stale.addAll(dependents.getOrDefault(input, Set.of()));
      }
    }
  }

  /**
   * Compiles a resource and remembers what it was made of.
   *
   * @return null when the registry does not have it (never for what may be a root)
   */
  public @Nullable Compiled compile(ResourceKey key) {
    counts.add(key.kind());
    var reads = new Reads(mesh);
    Compiled compiled =
        switch (key.kind()) {
          case VIRTUAL_HOST -> VirtualHosts.compile(key, clusterDomain, reads);
          case INBOUND -> inbound(key, reads);
          case CLUSTER -> cluster(key, reads);
          case ENDPOINT_SLICE -> slice(key);
          case NODE -> node(key, reads);
          case APP_CONFIG -> AppConfigs.compile(key, reads);
          case RESOURCE_KIND_UNSPECIFIED, UNRECOGNIZED ->
              throw new IllegalArgumentException("no such kind of resource: " + key);
        };
    remember(key, reads.inputs());
    return compiled;
  }

  private static Compiled inbound(ResourceKey key, Reads reads) {
    ObjectKey pod = key.pod();
    return pod == null ? Clusters.inbound(key, reads) : EndpointClusters.inbound(key, pod, reads);
  }

  private static Compiled node(ResourceKey key, Reads reads) {
    var message =
        Resource.newBuilder()
            .setName(key.toMessage())
            .setLocality(Messages.locality(reads.localityOf(key.name())));
    return new Compiled(key, message.build(), List.of());
  }

  private @Nullable Compiled cluster(ResourceKey key, Reads reads) {
    AddressPort at = key.address();
    if (at != null) {
      return EndpointClusters.cluster(key, at, reads);
    }
    reads.service(ClusterLayouts.serviceOf(key.name()));
    Layout layout = layouts.get(key, mesh);
    return layout == null
        ? null
        : Clusters.cluster(key, layout.service(), layout.port(), layout.slices().keySet(), reads);
  }

  private @Nullable Compiled slice(ResourceKey key) {
    int slash = key.name().lastIndexOf('/');
    var cluster = new ResourceKey(ResourceKind.CLUSTER, key.name().substring(0, slash));
    AddressPort at = cluster.address();
    if (at != null) {
      Workload endpoint = endpoints.get(cluster, at, mesh);
      return endpoint == null ? null : EndpointClusters.slice(key, at, endpoint);
    }
    Layout layout = layouts.get(cluster, mesh);
    List<Workload> workloads =
        layout == null
            ? null
            : layout.slices().get(Long.parseLong(key.name().substring(slash + 1)));
    return layout == null || workloads == null
        ? null
        : Clusters.slice(key, layout.service(), layout.port(), workloads);
  }

  /** Nobody asks for this resource any more. */
  public void forget(ResourceKey key) {
    Set<Input> read = inputs.remove(key);
    if (read != null) {
      unlink(key, read);
    }
    AddressPort at = key.address();
    if (at != null) {
      endpoints.forget(key, at);
    } else if (key.kind() == ResourceKind.CLUSTER) {
      layouts.forget(key);
    }
  }

  private void remember(ResourceKey key, Set<Input> now) {
    Set<Input> before = inputs.put(key, now);
    if (before != null) {
      unlink(key, before);
    }
    for (Input input : now) {
      dependents.computeIfAbsent(input, _ -> new HashSet<>()).add(key);
      if (input.kind() == Input.Kind.NEAR_MISSES) {
        nearMisses.add(input);
      }
    }
  }

  private void unlink(ResourceKey key, Set<Input> read) {
    for (Input input : read) {
      Set<ResourceKey> keys = dependents.get(input);
      if (keys != null && keys.remove(key) && keys.isEmpty()) {
        dependents.remove(input);
        nearMisses.remove(input);
      }
    }
  }
}
