package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.Node;
import io.grpc.Status;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a stream may not do, and how it ends then. */
class DiscoveryBoundsTest extends EngineFixture {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");

  @Test
  void aStreamWithoutANodeIsRefused() {
    publish();
    TestSidecar sidecar = connect("", CATALOG);

    assertThat(ended(sidecar).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(ended(sidecar).getDescription()).contains("node.id");
  }

  @Test
  void onlyVirtualHostsAndInboundsCanBeSubscribedTo() {
    publish();
    TestSidecar sidecar = connect("frontend-0", ResourceKey.cluster("default", "catalog", 80));

    assertThat(ended(sidecar).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(ended(sidecar).getDescription()).contains("CLUSTER catalog.default:80");
  }

  @Test
  void aNameThatCannotBeOneHarmsNoOther() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar sidecar =
        connect(
            "frontend-0",
            ResourceKey.virtualHost("default", "CATALOG"),
            ResourceKey.virtualHost("default", "x".repeat(600)),
            ResourceKey.inbound("default", "front end"),
            CATALOG);

    assertThat(sidecar.ended()).isNull();
    assertThat(sidecar.brought()).contains(CATALOG).hasSize(3);
    assertThat(meters.get("weft.discovery.invalid.subscriptions").counter().count()).isEqualTo(3);
  }

  @Test
  void strangeAuthoritiesAreUnknownAndSaidToBe() {
    publish();
    TestSidecar sidecar =
        connect(
            "frontend-0",
            ResourceKey.virtualHost("default", "[::1]:80"),
            ResourceKey.virtualHost("default", "10.0.0.1"),
            ResourceKey.virtualHost("default", "catalog:http"),
            ResourceKey.virtualHost("default", "www.example.com:443"),
            ResourceKey.virtualHost("default", "a/b"),
            ResourceKey.virtualHost("default", "my_host"));

    assertThat(sidecar.last().getResourcesList())
        .hasSize(6)
        .allMatch(resource -> resource.getVirtualHost().getNotFound());
  }

  @Test
  void aStreamThatSubscribesToTooMuchIsEnded() {
    publish();
    TestSidecar sidecar = connect("frontend-0");
    sidecar.subscribe(
        IntStream.rangeClosed(0, DiscoveryOptions.DEFAULT.maxSubscriptions())
            .mapToObj(i -> ResourceKey.virtualHost("default", "service-" + i))
            .toArray(ResourceKey[]::new));
    loop.run();

    assertThat(ended(sidecar).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(ended(sidecar).getDescription()).contains("10001").contains("10000");
  }

  @Test
  void aNodeThatConnectsAnewEndsItsOldStream() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar before = connect("frontend-0", CATALOG);
    TestSidecar after = connect("frontend-0", CATALOG);

    assertThat(ended(before).getCode()).isEqualTo(Status.Code.ABORTED);
    assertThat(ended(before).getDescription()).contains("frontend-0 has opened another stream");
    assertThat(after.ended()).isNull();
    ack(after);
    assertThat(node("frontend-0").getResources()).isEqualTo(3);
  }

  @Test
  void aStreamThatReadsButDoesNotAnswerIsEndedWithAReason() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    TestSidecar patient = connect("frontend-1", CATALOG);
    ack(patient);

    loop.pass(Duration.ofSeconds(29));
    assertThat(sidecar.ended()).isNull();
    loop.pass(Duration.ofSeconds(2));

    assertThat(ended(sidecar).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(ended(sidecar).getDescription())
        .contains("neither accepted nor refused response 1 for 30 s")
        .contains("limit answer-time");
    assertThat(patient.ended()).isNull();
  }

  @Test
  void aStreamThatNeverSaysWhoItIsIsEnded() {
    publish();
    TestSidecar silent = TestSidecar.connectSilently(channel);
    loop.pass(Duration.ofSeconds(31));

    assertThat(ended(silent).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void anAnswerToAnotherResponseIsIgnored() {
    mesh.put(instance("catalog", "catalog-0"));
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);

    sidecar.send(DiscoveryRequest.newBuilder().setNonce("77").build());
    loop.run();

    assertThat(node("frontend-0").getAcknowledgedRevision()).isZero();
    ack(sidecar);
    assertThat(node("frontend-0").getAcknowledgedRevision()).isEqualTo(1);
  }

  @Test
  void anEngineThatClosesSaysSoToEverybody() {
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);

    engine.close();
    loop.run();

    assertThat(ended(sidecar).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void theNodeOfLaterRequestsIsNotLookedAt() {
    publish();
    TestSidecar sidecar = connect("frontend-0", CATALOG);
    sidecar.send(
        DiscoveryRequest.newBuilder().setNode(Node.newBuilder().setId("someone-else")).build());
    loop.run();

    assertThat(node("frontend-0").getSubscriptions()).isEqualTo(1);
  }

  private static Status ended(TestSidecar sidecar) {
    return Objects.requireNonNull(sidecar.ended());
  }
}
