package dev.weft.controlplane.snapshot;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.wire.WireDecoder;
import dev.weft.common.wire.WireException;
import dev.weft.controlplane.compile.Compiler;
import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.ResourceKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Encoded once, named by its content, and only if it is valid. */
class ResourceTableTest {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final ResourceKey CLUSTER = ResourceKey.cluster("default", "catalog", 80);
  private static final ResourceKey SLICE =
      new ResourceKey(ResourceKind.ENDPOINT_SLICE, "catalog.default:80/1");

  private final TestMesh mesh = new TestMesh();
  private final ResourceTable table = newTable();

  private static ResourceTable newTable() {
    return new ResourceTable(new Compiler(Compiler.DEFAULT_CLUSTER_DOMAIN));
  }

  @Test
  void theBytesAreAResponsesAndPassTheSidecarsOwnCheck() throws IOException, WireException {
    mesh.put(instance("catalog", "catalog-0"));
    table.update(mesh.commit());

    EncodedResource encoded = get(CATALOG);
    var bytes = new ByteArrayOutputStream();
    encoded.writeTo(bytes);
    DiscoveryResponse response = DiscoveryResponse.parseFrom(bytes.toByteArray());

    assertThat(response.getResourcesList()).containsExactly(encoded.resource());
    assertThat(response.getResources(0).getVersion())
        .isEqualTo(encoded.version())
        .matches("[0-9a-f]{16}");
    WireDecoder.decode(response.getResources(0));
  }

  @Test
  void anEndpointChangeLeavesClusterAndVirtualHostAsTheyAre() {
    mesh.put(instance("catalog", "catalog-0"));
    table.update(mesh.commit());
    EncodedResource host = get(CATALOG);
    EncodedResource cluster = get(CLUSTER);
    EncodedResource slice = get(SLICE);

    mesh.put(instance("catalog", "catalog-1"));
    table.update(mesh.commit());

    assertThat(get(CATALOG)).isSameAs(host);
    assertThat(get(CLUSTER)).isSameAs(cluster);
    assertThat(get(SLICE).version()).isNotEqualTo(slice.version());
  }

  @Test
  void replicasThatCameBySeparateWaysHaveEqualBytes() throws IOException {
    mesh.put(instance("catalog", "catalog-0").putLabels("b", "2").putLabels("a", "1"));
    table.update(mesh.commit());
    get(SLICE);
    mesh.put(instance("catalog", "catalog-1").putLabels("x", "1").putLabels("y", "2"));
    table.update(mesh.commit());
    ResourceTable other = newTable();
    other.update(mesh.whole());

    for (ResourceKey key : new ResourceKey[] {CATALOG, CLUSTER, SLICE}) {
      var ours = new ByteArrayOutputStream();
      get(key).writeTo(ours);
      var theirs = new ByteArrayOutputStream();
      Objects.requireNonNull(other.get(key)).writeTo(theirs);
      assertThat(theirs.toByteArray()).isEqualTo(ours.toByteArray());
    }
  }

  @Test
  void whatIsInvalidIsNotTakenOverAndIsReported() {
    mesh.put(instance("catalog", "catalog-0"));
    table.update(mesh.commit());
    EncodedResource good = get(SLICE);

    mesh.put(instance("catalog", "catalog-1").setAddress("not an address"));
    assertThat(table.update(mesh.commit())).isEmpty();

    assertThat(get(SLICE)).isSameAs(good);
    assertThat(table.problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.key()).isEqualTo(SLICE);
              assertThat(problem.fieldPath()).isEqualTo("endpoints[1].address");
              assertThat(problem.message()).contains("not an address");
              assertThat(problem.revision()).isEqualTo(2);
            });

    mesh.put(instance("catalog", "catalog-1"));
    assertThat(table.update(mesh.commit())).hasSize(1);
    assertThat(table.problems()).isEmpty();
  }

  @Test
  void whatWasNeverValidIsNotThere() {
    mesh.put(instance("catalog", "catalog-0").setAddress("not an address"));
    table.update(mesh.commit());

    assertThat(table.get(SLICE)).isNull();
    assertThat(table.problemCount()).isEqualTo(1);
    table.forget(SLICE);
    assertThat(table.problemCount()).isZero();
  }

  private EncodedResource get(ResourceKey key) {
    return Objects.requireNonNull(table.get(key));
  }
}
