package dev.weft.controlplane.registry;

import com.google.protobuf.ByteString;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.controlplane.model.ConfigEntry;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.KubernetesService;
import dev.weft.controlplane.model.ReferenceGrant;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.model.ServiceTraffic;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.registry.PolicyReader.Decoded;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.registry.v1.EndpointPort;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import dev.weft.proto.registry.v1.StoredOverride;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Views and changes as the registry makes them, without a store: for tests above the registry. */
public final class TestMesh {
  private final Map<String, Decoded> documents = new HashMap<>();
  private final ViewBuilder builder =
      new ViewBuilder(policy -> Objects.requireNonNull(documents.get(policy.getJson())));
  private String storeId = "store-1";
  private long revision;
  private RegistryView view = RegistryView.EMPTY;

  /** The revision that the next {@link #commit} makes. */
  public long nextRevision() {
    return revision + 1;
  }

  /** An instance of port 80 at 8080, ready, with a sidecar. */
  public static Instance.Builder instance(String service, String id) {
    int host = Math.floorMod(id.hashCode(), 250) + 1;
    return Instance.newBuilder()
        .setNamespace("default")
        .setService(service)
        .setId(id)
        .setAddress("10.0." + Math.floorMod(id.hashCode() / 250, 250) + "." + host)
        .addPorts(port(80, 8080))
        .setPeer(PeerKind.SIDECAR)
        .setIncarnation("one")
        .setReadiness(Readiness.READY);
  }

  public static InstancePort.Builder port(int servicePort, int port) {
    return InstancePort.newBuilder()
        .setServicePort(servicePort)
        .setPort(port)
        .addProtocols(Protocol.HTTP1);
  }

  public TestMesh put(Instance.Builder instance) {
    Instance built = instance.build();
    entry(key(built), built.toByteString());
    return this;
  }

  public TestMesh remove(Instance.Builder instance) {
    builder.delete(key(instance.build()));
    return this;
  }

  private static String key(Instance instance) {
    return Keyspace.instance(
        Keyspace.SELF, instance.getNamespace(), instance.getService(), instance.getId());
  }

  /** What an operator says. */
  public TestMesh override(StoredOverride said) {
    entry(
        said.getZone().isEmpty()
            ? Keyspace.instanceOverride(said.getNamespace(), said.getId())
            : Keyspace.zoneOverride(said.getZone()),
        said.toByteString());
    return this;
  }

  /** A Service document; its revision is the next one. */
  public TestMesh service(
      String namespace, String name, Map<String, String> selector, ServicePort... ports) {
    var service =
        new Service(
            namespace, name, List.of(ports), selector, true, Keyspace.APPLY, nextRevision(), null);
    return document("Service", namespace, name, new Decoded.OfService(service));
  }

  /** A Service document of the namespace default that says how its callers spread. */
  public TestMesh service(String name, ServiceTraffic traffic, ServicePort... ports) {
    var service =
        new Service(
            "default",
            name,
            List.of(ports),
            Map.of(),
            true,
            Keyspace.APPLY,
            nextRevision(),
            null,
            traffic);
    return document("Service", "default", name, new Decoded.OfService(service));
  }

  /** An entry of configuration; its revision is the next one. */
  public TestMesh config(ConfigEntry entry) {
    return document(
        "ConfigEntry",
        entry.meta().namespace(),
        entry.meta().name(),
        new Decoded.OfConfigEntry(entry));
  }

  public TestMesh removeConfig(String namespace, String name) {
    builder.delete(Keyspace.policy(Keyspace.APPLY, "ConfigEntry", namespace, name));
    return this;
  }

  /** Where a machine stands. */
  public TestMesh node(String name, String zone) {
    return node(name, Locality.newBuilder().setZone(zone).build());
  }

  public TestMesh node(String name, Locality place) {
    entry(Keyspace.node(Keyspace.KUBERNETES, name), place.toByteString());
    return this;
  }

  public TestMesh removeNode(String name) {
    builder.delete(Keyspace.node(Keyspace.KUBERNETES, name));
    return this;
  }

  /** A Service of Kubernetes in the namespace default; headless without addresses. */
  public TestMesh kubernetesService(String name, List<String> clusterIps, ServicePort... ports) {
    return kubernetesService(
        name, new KubernetesService(clusterIps, clusterIps.isEmpty(), "", false), ports);
  }

  public TestMesh kubernetesService(
      String name, KubernetesService kubernetes, ServicePort... ports) {
    return kubernetesService(name, kubernetes, ServiceTraffic.EVEN, ports);
  }

  public TestMesh kubernetesService(
      String name, KubernetesService kubernetes, ServiceTraffic traffic, ServicePort... ports) {
    var service =
        new Service(
            "default",
            name,
            List.of(ports),
            Map.of(),
            true,
            Keyspace.KUBERNETES,
            nextRevision(),
            kubernetes,
            traffic);
    return document(
        Keyspace.KUBERNETES, "Service", "default", name, new Decoded.OfService(service));
  }

  public TestMesh removeKubernetesService(String name) {
    builder.delete(Keyspace.policy(Keyspace.KUBERNETES, "Service", "default", name));
    return this;
  }

  /** A slice of a service in the namespace default whose endpoints serve a port of that name. */
  public static ServiceEndpoints.Builder slice(
      String service, String slice, String portName, int port) {
    return ServiceEndpoints.newBuilder()
        .setNamespace("default")
        .setService(service)
        .setSlice(slice)
        .addPorts(EndpointPort.newBuilder().setName(portName).setPort(port));
  }

  /** A ready pod with a sidecar. */
  public static ServiceEndpoint.Builder pod(String name, String address) {
    return ServiceEndpoint.newBuilder()
        .setId(name)
        .setAddress(address)
        .setReady(true)
        .setServing(true)
        .setSidecar(true)
        .setIncarnation(name + "-uid");
  }

  public TestMesh put(ServiceEndpoints.Builder slice) {
    ServiceEndpoints built = slice.build();
    entry(key(built), built.toByteString());
    return this;
  }

  /** A slice under another key than its own. */
  TestMesh put(ServiceEndpoints.Builder slice, String key) {
    entry(key, slice.build().toByteString());
    return this;
  }

  public TestMesh remove(ServiceEndpoints.Builder slice) {
    builder.delete(key(slice.build()));
    return this;
  }

  private static String key(ServiceEndpoints slice) {
    return Keyspace.endpoints(
        Keyspace.KUBERNETES, slice.getNamespace(), slice.getService(), slice.getSlice());
  }

  /** The metadata of a document of the next revision, created then. */
  public DocumentMeta meta(String namespace, String name) {
    return new DocumentMeta(namespace, name, Keyspace.APPLY, nextRevision(), nextRevision());
  }

  public TestMesh route(HttpRoute route) {
    return document(
        route.kind().kind(),
        route.meta().namespace(),
        route.meta().name(),
        new Decoded.OfHttpRoute(route));
  }

  public TestMesh grant(ReferenceGrant grant) {
    return document(
        "ReferenceGrant",
        grant.meta().namespace(),
        grant.meta().name(),
        new Decoded.OfReferenceGrant(grant));
  }

  public TestMesh policy(TrafficPolicy policy) {
    return document(
        "TrafficPolicy",
        policy.meta().namespace(),
        policy.meta().name(),
        new Decoded.OfTrafficPolicy(policy));
  }

  /** A route of a service of its namespace: everything to these backends, in equal shares. */
  public HttpRoute routeTo(String name, String parent, String... backends) {
    return new HttpRoute(
        meta("default", name),
        List.of(new ServiceRef("default", parent, 0)),
        List.of(rule(MatchConfig.ANY, backends)));
  }

  public static HttpRoute.Rule rule(MatchConfig match, String... backends) {
    return HttpRoute.Rule.of(
        List.of(match),
        List.of(backends).stream()
            .map(backend -> HttpRoute.Backend.of(new ServiceRef("default", backend, 80), 1))
            .toList());
  }

  public static MatchConfig prefix(String path) {
    return new MatchConfig(PathKind.PREFIX, path, "", List.of(), List.of());
  }

  public TestMesh removeDocument(String kind, String namespace, String name) {
    builder.delete(Keyspace.policy(Keyspace.APPLY, kind, namespace, name));
    return this;
  }

  private TestMesh document(String kind, String namespace, String name, Decoded decoded) {
    return document(Keyspace.APPLY, kind, namespace, name, decoded);
  }

  private TestMesh document(
      String source, String kind, String namespace, String name, Decoded decoded) {
    String id = kind + "/" + namespace + "/" + name + "@" + nextRevision();
    documents.put(id, decoded);
    entry(
        Keyspace.policy(source, kind, namespace, name),
        Policy.newBuilder().setJson(id).build().toByteString());
    return this;
  }

  void entry(String key, ByteString value) {
    builder.put(new Entry(key, value, nextRevision(), nextRevision()));
  }

  /** The next view. */
  public RegistryChange commit() {
    boolean first = view == RegistryView.EMPTY;
    revision++;
    RegistryChange change = builder.publish(storeId, revision, view, first);
    view = change.view();
    return change;
  }

  /** The same content in another store, from revision 1 again. */
  public RegistryChange moveToStore(String id) {
    storeId = id;
    revision = 1;
    RegistryChange change = builder.publish(storeId, revision, view, true);
    view = change.view();
    return change;
  }

  /** The present view as a change from nothing, as a listener that comes later is told it. */
  public RegistryChange whole() {
    return ViewDiff.full(RegistryView.EMPTY, view);
  }
}
