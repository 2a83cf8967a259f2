package dev.weft.sidecar.discovery;

import dev.weft.common.config.AppConfig;
import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.InboundConfig;
import dev.weft.common.config.Locality;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.RouteFilterConfig.MirrorConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.wire.DecodedResource;
import dev.weft.common.wire.WireDecoder;
import dev.weft.common.wire.WireException;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.HeldResource;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Every resource that the sidecar holds, with its version, and the snapshot they make. A response
 * is prepared as a whole, without touching what is in force, and then committed or thrown away.
 * Control loop only.
 */
final class HeldConfig {
  private final Map<ResourceName, Held> held = new LinkedHashMap<>();
  private ConfigSnapshot snapshot = ConfigSnapshot.EMPTY;
  private String storeId = "";

  /** One resource: as it came, for the disk, and decoded. */
  record Held(String version, byte[] encoded, DecodedResource decoded) {}

  /** A response that passed every check. */
  record Prepared(
      Map<ResourceName, Held> puts,
      Set<ResourceName> removes,
      ConfigSnapshot snapshot,
      String storeId) {}

  /** A response that must not come into force. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient Rejection rejection;

    RefusedException(Rejection rejection) {
      super(rejection.getFieldPath() + ": " + rejection.getMessage());
      this.rejection = rejection;
    }

    Rejection rejection() {
      return rejection;
    }
  }

  ConfigSnapshot snapshot() {
    return snapshot;
  }

  String storeId() {
    return storeId;
  }

  int size() {
    return held.size();
  }

  boolean holds(ResourceName name) {
    return held.containsKey(name);
  }

  List<HeldResource> versions() {
    var all = new ArrayList<HeldResource>(held.size());
    held.forEach(
        (name, resource) ->
            all.add(
                HeldResource.newBuilder()
                    .setResource(name)
                    .setVersion(resource.version())
                    .build()));
    return all;
  }

  LastGoodFile.Content content() {
    var all = new ArrayList<byte[]>(held.size());
    for (Held resource : held.values()) {
      all.add(resource.encoded());
    }
    return new LastGoodFile.Content(storeId, snapshot.revision(), all);
  }

  /**
   * Checks and decodes a response on top of what is held.
   *
   * @param wanted which roots are subscribed to: others may still be under way and are left out
   */
  Prepared prepare(DiscoveryResponse response, Predicate<ResourceName> wanted)
      throws RefusedException {
    return prepare(
        response.getResourcesList(),
        response.getRemovedList(),
        response.getRevision(),
        response.getStoreId(),
        wanted);
  }

  Prepared prepare(
      List<Resource> resources,
      Collection<ResourceName> removed,
      long revision,
      String newStoreId,
      Predicate<ResourceName> wanted)
      throws RefusedException {
    var puts = new LinkedHashMap<ResourceName, Held>();
    for (Resource resource : resources) {
      ResourceName name = resource.getName();
      DecodedResource decoded = decode(resource);
      if (!isRoot(name) || wanted.test(name)) {
        puts.put(name, new Held(resource.getVersion(), resource.toByteArray(), decoded));
      }
    }
    var removes = new HashSet<ResourceName>();
    for (ResourceName name : removed) {
      if (held.containsKey(name) && !puts.containsKey(name)) {
        removes.add(name);
      }
    }
    ConfigSnapshot next = next(puts, removes, revision);
    checkReferences(puts, removes, next);
    return new Prepared(puts, removes, next, newStoreId);
  }

  void commit(Prepared prepared) {
    prepared.removes().forEach(held::remove);
    held.putAll(prepared.puts());
    snapshot = prepared.snapshot();
    storeId = prepared.storeId();
  }

  /** Drops a root that nothing uses any more; what only it needed goes by a later response. */
  boolean drop(ResourceName root) {
    if (held.remove(root) == null) {
      return false;
    }
    snapshot = next(Map.of(), Set.of(root), snapshot.revision());
    return true;
  }

  /** Drops clusters and slices that no virtual host needs; whether there were any. */
  boolean dropUnreachable() {
    var needed = new HashSet<String>();
    for (VirtualHostConfig host : snapshot.virtualHosts().values()) {
      needed.addAll(host.clusterNames());
    }
    var slices = new HashSet<String>();
    for (ClusterConfig cluster : snapshot.clusters().values()) {
      if (needed.contains(cluster.name())) {
        slices.addAll(cluster.endpointSlices());
      }
    }
    var removes = new HashSet<ResourceName>();
    for (ResourceName name : held.keySet()) {
      boolean used =
          switch (name.getKind()) {
            case CLUSTER -> needed.contains(name.getName());
            case ENDPOINT_SLICE -> slices.contains(name.getName());
            default -> true;
          };
      if (!used) {
        removes.add(name);
      }
    }
    if (removes.isEmpty()) {
      return false;
    }
    removes.forEach(held::remove);
    snapshot = next(Map.of(), removes, snapshot.revision());
    return true;
  }

  static boolean isRoot(ResourceName name) {
    return name.getKind() == ResourceKind.VIRTUAL_HOST || name.getKind() == ResourceKind.INBOUND;
  }

  private static DecodedResource decode(Resource resource) throws RefusedException {
    try {
      return WireDecoder.decode(resource);
    } catch (WireException e) {
      throw new RefusedException(e.toRejection());
    }
  }

  // Only the maps of kinds that change are copied.
  private ConfigSnapshot next(
      Map<ResourceName, Held> puts, Set<ResourceName> removes, long revision) {
    Map<String, VirtualHostConfig> hosts = snapshot.virtualHosts();
    Map<String, ClusterConfig> clusters = snapshot.clusters();
    Map<String, List<EndpointConfig>> slices = snapshot.endpointSlices();
    Map<String, InboundConfig> inbound = snapshot.inbound();
    Locality locality = snapshot.locality();
    AppConfig appConfig = snapshot.appConfig();
    if (touches(ResourceKind.VIRTUAL_HOST, puts, removes)) {
      hosts = new HashMap<>(hosts);
    }
    if (touches(ResourceKind.CLUSTER, puts, removes)) {
      clusters = new HashMap<>(clusters);
    }
    if (touches(ResourceKind.ENDPOINT_SLICE, puts, removes)) {
      slices = new HashMap<>(slices);
    }
    if (touches(ResourceKind.INBOUND, puts, removes)) {
      inbound = new HashMap<>(inbound);
    }
    for (ResourceName name : removes) {
      switch (name.getKind()) {
        case VIRTUAL_HOST -> hosts.remove(name.getName());
        case CLUSTER -> clusters.remove(name.getName());
        case ENDPOINT_SLICE -> slices.remove(name.getName());
        case INBOUND -> inbound.remove(name.getName());
        case NODE -> locality = Locality.UNKNOWN;
        case APP_CONFIG -> appConfig = AppConfig.UNKNOWN;
        case RESOURCE_KIND_UNSPECIFIED, UNRECOGNIZED -> {}
      }
    }
    for (Held resource : puts.values()) {
      DecodedResource decoded = resource.decoded();
      // No switch over types: its bootstrap is generated at start, and costs more than all this.
      if (decoded instanceof DecodedResource.VirtualHost host) {
        hosts.put(host.name(), host.config());
      } else if (decoded instanceof DecodedResource.Cluster cluster) {
        clusters.put(cluster.name(), cluster.config());
      } else if (decoded instanceof DecodedResource.Slice slice) {
        slices.put(slice.name(), slice.endpoints());
      } else if (decoded instanceof DecodedResource.Inbound in) {
        inbound.put(in.name(), in.config());
      } else if (decoded instanceof DecodedResource.Node node) {
        locality = node.locality();
      } else if (decoded instanceof DecodedResource.App app) {
        appConfig = app.config();
      }
    }
    return new ConfigSnapshot(hosts, clusters, slices, inbound, locality, appConfig, revision);
  }

  private static boolean touches(
      ResourceKind kind, Map<ResourceName, Held> puts, Set<ResourceName> removes) {
    for (ResourceName name : puts.keySet()) {
      if (name.getKind() == kind) {
        return true;
      }
    }
    for (ResourceName name : removes) {
      if (name.getKind() == kind) {
        return true;
      }
    }
    return false;
  }

  // A virtual host must find its clusters in this response or an earlier one, and keep them.
  private static void checkReferences(
      Map<ResourceName, Held> puts, Set<ResourceName> removes, ConfigSnapshot next)
      throws RefusedException {
    boolean clusterGoes = touches(ResourceKind.CLUSTER, Map.of(), removes);
    if (!clusterGoes && !touches(ResourceKind.VIRTUAL_HOST, puts, Set.of())) {
      return;
    }
    for (VirtualHostConfig host : next.virtualHosts().values()) {
      ResourceName name = Names.virtualHost(host.name());
      if (!clusterGoes && !puts.containsKey(name)) {
        continue;
      }
      for (int r = 0; r < host.routes().size(); r++) {
        RouteConfig route = host.routes().get(r);
        for (int b = 0; b < route.backends().size(); b++) {
          BackendConfig backend = route.backends().get(b);
          if (!backend.dangling()) {
            checkCluster(name, "routes[" + r + "].backends[" + b + "]", backend.cluster(), next);
          }
        }
        List<MirrorConfig> mirrors = route.filters().mirrors();
        for (int m = 0; m < mirrors.size(); m++) {
          String at = "routes[" + r + "].mirrors[" + m + "]";
          checkCluster(name, at, mirrors.get(m).cluster(), next);
        }
      }
    }
  }

  private static void checkCluster(
      ResourceName host, String at, String cluster, ConfigSnapshot next) throws RefusedException {
    if (!next.clusters().containsKey(cluster)) {
      throw new RefusedException(
          Rejection.newBuilder()
              .setResource(host)
              .setFieldPath(at + ".cluster")
              .setMessage(
                  "is \"" + cluster + "\", expected a cluster that was sent before and not removed")
              .build());
    }
  }
}
