package dev.weft.controlplane.compile;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.discovery.v1.InboundPort;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.registry.v1.Readiness;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Only what an input touched is compiled again, and every replica compiles the same. */
class CompilerTest {
  private final TestMesh mesh = new TestMesh();
  private final Compiler compiler = new Compiler(Compiler.DEFAULT_CLUSTER_DOMAIN);

  @Test
  void oneEndpointOfOneInAThousandServicesRecompilesOneSliceAndNothingElse() {
    for (int i = 0; i < 1_000; i++) {
      mesh.put(instance("service-" + i, "service-" + i + "-0"));
    }
    compiler.update(mesh.commit());
    for (int i = 0; i < 1_000; i++) {
      closure(ResourceKey.virtualHost("default", "service-" + i));
    }
    Counted before = counted();

    mesh.put(instance("service-7", "service-7-1"));
    Set<ResourceKey> stale = compiler.update(mesh.commit());
    stale.forEach(compiler::compile);

    assertThat(stale)
        .containsExactly(new ResourceKey(ResourceKind.ENDPOINT_SLICE, "service-7.default:80/1"));
    assertThat(counted()).isEqualTo(before.plus(0, 0, 1));
  }

  @Test
  void aRouteRecompilesTheVirtualHostsOfItsServiceForSubscribedNamespacesAndNothingElse() {
    mesh.put(instance("catalog", "catalog-0")).put(instance("basket", "basket-0"));
    compiler.update(mesh.commit());
    closure(ResourceKey.virtualHost("default", "catalog"));
    closure(ResourceKey.virtualHost("shop", "catalog.default:80"));
    closure(ResourceKey.virtualHost("default", "basket"));
    Counted before = counted();

    mesh.route(mesh.routeTo("canary", "catalog", "basket"));
    Set<ResourceKey> stale = compiler.update(mesh.commit());
    stale.forEach(compiler::compile);

    assertThat(stale)
        .containsExactlyInAnyOrder(
            ResourceKey.virtualHost("default", "catalog"),
            ResourceKey.virtualHost("shop", "catalog.default:80"));
    assertThat(counted()).isEqualTo(before.plus(2, 0, 0));
  }

  @Test
  void readinessChangesTheSliceOnly() {
    mesh.put(instance("catalog", "catalog-0"));
    compiler.update(mesh.commit());
    closure(ResourceKey.virtualHost("default", "catalog"));

    mesh.put(instance("catalog", "catalog-0").setReadiness(Readiness.DRAINING));

    assertThat(compiler.update(mesh.commit()))
        .containsExactly(new ResourceKey(ResourceKind.ENDPOINT_SLICE, "catalog.default:80/1"));
    assertThat(slice("catalog.default:80/1").getEndpointSlice().getEndpointsList()).isEmpty();
  }

  @Test
  void theDeclaredProtocolReachesCallersAndTheApplicationsOwnSidecar() {
    var cluster = new ResourceKey(ResourceKind.CLUSTER, "catalog.default:80");
    ResourceKey inbound = ResourceKey.inbound("default", "catalog");
    mesh.put(instance("catalog", "catalog-0"));
    compiler.update(mesh.commit());
    assertThat(compile(cluster).getCluster().getProtocol())
        .isEqualTo(Protocol.PROTOCOL_UNSPECIFIED);
    assertThat(compile(inbound).getInbound().getPortsList()).isEmpty();

    // What the instance registers,
    var declaring = instance("catalog", "catalog-0");
    declaring.getPortsBuilder(0).setAppProtocol("grpc");
    mesh.put(declaring);
    assertThat(compiler.update(mesh.commit())).contains(cluster, inbound);
    assertThat(compile(cluster).getCluster().getProtocol()).isEqualTo(Protocol.HTTP2);
    assertThat(compile(inbound).getInbound().getPortsList())
        .containsExactly(port(80, Protocol.HTTP2));

    // and the document, which comes first.
    mesh.service(
        "default",
        "catalog",
        Map.of(),
        new ServicePort("http", 80, 0, "", "http"),
        new ServicePort("db", 5432, 0, "", "postgresql"),
        new ServicePort("other", 9090, 8080, "", "kubernetes.io/h2c"));
    assertThat(compiler.update(mesh.commit())).contains(cluster, inbound);
    assertThat(compile(cluster).getCluster().getProtocol()).isEqualTo(Protocol.HTTP1);
    assertThat(compile(inbound).getInbound().getPortsList())
        .containsExactly(
            port(80, Protocol.HTTP1), port(5432, Protocol.TCP), port(8080, Protocol.HTTP2));
  }

  @Test
  void theDeclaredProtocolOfANamedTargetIsThatOfThePortWithTheName() {
    ResourceKey inbound = ResourceKey.inbound("default", "catalog");
    mesh.service(
        "default", "catalog", Map.of(), new ServicePort("grpc", 80, 0, "api", "kubernetes.io/h2c"));
    var one = instance("catalog", "catalog-0");
    one.getPortsBuilder(0).setName("api").setServicePort(9000);
    mesh.put(one);
    compiler.update(mesh.commit());
    assertThat(compile(inbound).getInbound().getPortsList())
        .containsExactly(port(9000, Protocol.HTTP2));

    // Each instance may have its own; what is no more is left out.
    var other = instance("catalog", "catalog-1");
    other.getPortsBuilder(0).setName("api").setServicePort(9001);
    mesh.put(other);
    assertThat(compiler.update(mesh.commit())).contains(inbound);
    assertThat(compile(inbound).getInbound().getPortsList())
        .containsExactly(port(9000, Protocol.HTTP2), port(9001, Protocol.HTTP2));
    one.getPortsBuilder(0).setServicePort(9001);
    mesh.put(one);
    assertThat(compiler.update(mesh.commit())).contains(inbound);
    assertThat(compile(inbound).getInbound().getPortsList())
        .containsExactly(port(9001, Protocol.HTTP2));
  }

  private static InboundPort port(int number, Protocol protocol) {
    return InboundPort.newBuilder().setPort(number).setProtocol(protocol).build();
  }

  @Test
  void whatIsForgottenIsNotStaleAnyMore() {
    mesh.put(instance("catalog", "catalog-0"));
    compiler.update(mesh.commit());
    closure(ResourceKey.virtualHost("default", "catalog")).keySet().forEach(compiler::forget);

    mesh.put(instance("catalog", "catalog-1"));

    assertThat(compiler.update(mesh.commit())).isEmpty();
  }

  @Test
  void aServiceThatComesTurnsNotFoundIntoFound() {
    compiler.update(mesh.commit());
    ResourceKey key = ResourceKey.virtualHost("default", "catalog");
    assertThat(compile(key).getVirtualHost().getNotFound()).isTrue();

    mesh.put(instance("catalog", "catalog-0"));

    assertThat(compiler.update(mesh.commit())).containsExactly(key);
    assertThat(compile(key).getVirtualHost().getNotFound()).isFalse();
  }

  @Test
  void nearMissesFollowTheNamesThatLookAlikeAndNoOthers() {
    mesh.put(instance("catalog", "catalog-0"));
    compiler.update(mesh.commit());
    ResourceKey key = ResourceKey.virtualHost("default", "catlaog");
    assertThat(compile(key).getVirtualHost().getNearMissesList()).containsExactly("catalog");

    mesh.put(instance("payment", "payment-0"));
    assertThat(compiler.update(mesh.commit())).isEmpty();

    mesh.put(instance("catalogs", "catalogs-0"));
    assertThat(compiler.update(mesh.commit())).containsExactly(key);
    assertThat(compile(key).getVirtualHost().getNearMissesList())
        .containsExactly("catalog", "catalogs");
  }

  @Test
  void aReplicaThatComesLaterCompilesTheSameBytes() {
    for (int i = 0; i < 250; i++) {
      mesh.put(instance("catalog", "catalog-" + i).putLabels("a", "1").putLabels("b", "" + i));
    }
    mesh.route(mesh.routeTo("canary", "catalog", "catalog", "gone"));
    compiler.update(mesh.commit());
    var key = ResourceKey.virtualHost("default", "catalog");
    closure(key);
    for (int i = 0; i < 100; i++) {
      mesh.remove(instance("catalog", "catalog-" + i));
      compiler.update(mesh.commit());
    }
    var later = new Compiler(Compiler.DEFAULT_CLUSTER_DOMAIN);
    later.update(mesh.whole());

    assertThat(closure(later, key)).isEqualTo(closure(compiler, key));
  }

  private Resource slice(String name) {
    return compile(new ResourceKey(ResourceKind.ENDPOINT_SLICE, name));
  }

  private Resource compile(ResourceKey key) {
    return Objects.requireNonNull(compiler.compile(key)).resource();
  }

  private Map<ResourceKey, Resource> closure(ResourceKey root) {
    return closure(compiler, root);
  }

  private static Map<ResourceKey, Resource> closure(Compiler compiler, ResourceKey root) {
    var closure = new LinkedHashMap<ResourceKey, Resource>();
    var open = new ArrayDeque<>(List.of(root));
    while (!open.isEmpty()) {
      ResourceKey key = open.poll();
      if (!closure.containsKey(key)) {
        Compiled compiled = Objects.requireNonNull(compiler.compile(key));
        closure.put(key, compiled.resource());
        open.addAll(compiled.needs());
      }
    }
    return closure;
  }

  private Counted counted() {
    return new Counted(
        compiler.counts().of(ResourceKind.VIRTUAL_HOST),
        compiler.counts().of(ResourceKind.CLUSTER),
        compiler.counts().of(ResourceKind.ENDPOINT_SLICE));
  }

  private record Counted(long virtualHosts, long clusters, long slices) {
    Counted plus(long moreVirtualHosts, long moreClusters, long moreSlices) {
      return new Counted(
          virtualHosts + moreVirtualHosts, clusters + moreClusters, slices + moreSlices);
    }
  }
}
