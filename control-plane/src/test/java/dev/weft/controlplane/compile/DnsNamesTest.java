package dev.weft.controlplane.compile;

import static dev.weft.controlplane.registry.TestMesh.pod;
import static dev.weft.controlplane.registry.TestMesh.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.wire.WireDecoder;
import dev.weft.common.wire.WireException;
import dev.weft.controlplane.model.KubernetesService;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What names stand for when DNS asks. */
class DnsNamesTest {
  private static final ServicePort SQL = ServicePort.of("sql", 5432);

  private final TestMesh mesh = new TestMesh();
  private final Compiler compiler = new Compiler(Compiler.DEFAULT_CLUSTER_DOMAIN);

  @Test
  void aServiceIsItsOwnAddressesAndFollowsThem() {
    ResourceKey key = key("db.default.svc.cluster.local");
    update();
    assertThat(host(key).getNotFound()).isTrue();

    mesh.kubernetesService("db", List.of("10.96.0.1", "fd00:0:0:0:0:0:0:1"), SQL);
    assertThat(update()).contains(key);
    assertThat(host(key).getDns().getAddressesList())
        .containsExactly("10.96.0.1", "fd00:0:0:0:0:0:0:1");
    assertThat(host(key).getDns().getInstances()).isFalse();
    assertThat(host(key).getRoutesCount()).isZero();

    mesh.put(slice("db", "a", "sql", 5432).addEndpoints(pod("db-0", "10.244.0.7")));
    assertThat(update()).doesNotContain(key);

    mesh.removeKubernetesService("db");
    assertThat(update()).contains(key);
    assertThat(host(key).getNotFound()).isTrue();
  }

  @Test
  void aHeadlessServiceIsItsReadyPodsAndEachHasAName() {
    mesh.kubernetesService("db", List.of(), SQL);
    ServiceEndpoints.Builder slice =
        slice("db", "a", "sql", 5432)
            .addEndpoints(pod("db-1", "10.244.0.8").setHostname("db-1"))
            .addEndpoints(pod("db-0", "10.244.0.7").setHostname("db-0"))
            .addEndpoints(pod("db-2", "10.244.0.9").setHostname("db-2").setReady(false));
    mesh.put(slice);
    update();
    ResourceKey all = key("db.default.svc.cluster.local");
    ResourceKey late = key("db-2.db.default.svc.cluster.local");

    assertThat(host(all).getDns().getAddressesList()).containsExactly("10.244.0.7", "10.244.0.8");
    assertThat(host(all).getDns().getInstances()).isTrue();
    assertThat(host(key("db-1.db.default.svc.cluster.local")).getDns().getAddressesList())
        .containsExactly("10.244.0.8");
    assertThat(host(late).getNotFound()).isTrue();

    slice.getEndpointsBuilder(2).setReady(true);
    mesh.put(slice);
    assertThat(update()).contains(all, late);
    assertThat(host(late).getDns().getAddressesList()).containsExactly("10.244.0.9");
    assertThat(host(all).getDns().getAddressesCount()).isEqualTo(3);
  }

  @Test
  void aServiceWithoutAddressesIsForTheOriginalResolverToSay() {
    mesh.kubernetesService("empty", List.of(), SQL);
    mesh.kubernetesService("out", new KubernetesService(List.of(), false, "example.org", false));
    update();

    assertThat(host(key("empty.default.svc.cluster.local")).getNotFound()).isTrue();
    assertThat(host(key("out.default.svc.cluster.local")).getNotFound()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "db",
        "db.default",
        "db.default.svc",
        "db.default.svc.example.org",
        "db.other.svc.cluster.local",
        "x.y.db.default.svc.cluster.local",
        "db-0.db.default.svc.cluster.local",
        "default.svc.cluster.local",
        "db.default.svc.cluster.local:5432",
        "10.96.0.1"
      })
  void namesThatAreNotWrittenInFullMayBeAnybodys(String name) {
    mesh.kubernetesService("db", List.of("10.96.0.1"), SQL);
    update();

    assertThat(host(key(name)).getNotFound()).isTrue();
  }

  private Set<ResourceKey> update() {
    Set<ResourceKey> stale = compiler.update(mesh.commit());
    stale.forEach(compiler::compile);
    return stale;
  }

  private static ResourceKey key(String name) {
    return ResourceKey.virtualHost("default", DnsNames.PREFIX + name);
  }

  private VirtualHost host(ResourceKey key) {
    Resource resource = Objects.requireNonNull(compiler.compile(key)).resource();
    try {
      WireDecoder.decode(resource.toBuilder().setVersion("1").build());
    } catch (WireException e) {
      throw new AssertionError(e.getMessage(), e);
    }
    return resource.getVirtualHost();
  }
}
