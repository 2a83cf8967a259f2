package dev.weft.sidecar.discovery;

import static dev.weft.sidecar.FakeControlPlane.cluster;
import static dev.weft.sidecar.FakeControlPlane.host;
import static dev.weft.sidecar.FakeControlPlane.inbound;
import static dev.weft.sidecar.FakeControlPlane.name;
import static dev.weft.sidecar.FakeControlPlane.slice;
import static dev.weft.sidecar.FakeControlPlane.unknownHost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DnsName;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.VirtualHost;
import dev.weft.sidecar.proxy.ResolvedHost;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a client asks for, waits for, takes and refuses. */
final class DiscoveryClientTest extends DiscoveryFixture {
  @Test
  void firstRequestSaysWhoAsksAndForWhat() {
    controlPlane.put(inbound("frontend"));
    new Subject(List.of("Catalog", "orders.default:80"), 100).start();

    await().until(() -> !controlPlane.hellos().isEmpty());
    DiscoveryRequest hello = controlPlane.hellos().getFirst();
    assertThat(hello.getNode().getId()).isEqualTo("frontend-0");
    assertThat(hello.getSubscribeList())
        .containsExactly(
            name(ResourceKind.INBOUND, "default/frontend"),
            name(ResourceKind.VIRTUAL_HOST, "default/catalog"),
            name(ResourceKind.VIRTUAL_HOST, "default/orders.default:80"));
    assertThat(hello.getHeldList()).isEmpty();
  }

  @Test
  void aRequestForAnUnknownHostWaitsUntilItIsKnown() {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", 8081);
    var subject = new Subject(List.of(), 100).start();

    ResolvedHost host = subject.resolve(0, "Catalog:80");

    assertThat(host.routes().host().found()).isTrue();
    assertThat(host.routes().route(0).backends().getFirst().cluster())
        .isEqualTo("catalog.default:80");
    // Every worker has it, and the case of the caller's letters does not matter.
    await().until(() -> host.equals(subject.find(1, "cataLOG:80")));
    await().until(() -> subject.inForce.clusters().containsKey("catalog.default:80"));
  }

  @Test
  void notFoundIsAnAnswerAndIsReplacedWhenTheHostAppears() {
    controlPlane.put(inbound("frontend"), unknownHost("catalgo", "catalog"));
    var subject = new Subject(List.of(), 100).start();

    ResolvedHost host = subject.resolve(0, "catalgo");
    assertThat(host.routes().host().found()).isFalse();
    assertThat(host.routes().host().nearMisses()).containsExactly("catalog");

    controlPlane.put(
        slice("catalgo", 8081), cluster("catalgo"), changed(host("catalgo", "catalgo")));
    await().until(() -> subject.resolve(0, "catalgo").routes().host().found());
  }

  @Test
  void whatCannotBeAnAuthorityIsNotAskedFor() {
    var subject = new Subject(List.of(), 100).start();

    assertThat(subject.resolve(0, "cata/log").routes().host().found()).isFalse();
    assertThat(controlPlane.requests)
        .noneMatch(r -> r.getSubscribeList().stream().anyMatch(n -> n.getName().contains("cata")));
  }

  @Test
  void withoutAnAnswerTheWaitEndsWithTheReason() {
    controlPlane.kill();
    var subject = new Subject(List.of(), 100).start();

    assertThat(subject.failure(0, "catalog"))
        .contains("TIMED_OUT no configuration for catalog in time: no control plane is connected")
        .contains(controlPlane.address());
  }

  @Test
  void tooManyHostsInUseAreRefusedAndUnknownOnesMakeRoom() {
    controlPlane.put(inbound("frontend"), unknownHost("typo"));
    controlPlane.service("catalog", 8081);
    var subject = new Subject(List.of(), 3).start();
    subject.resolve(0, "catalog");
    subject.resolve(0, "typo");

    // The third host: the one that is not known makes room.
    subject.resolve(0, "catalog:80");
    assertThat(subject.find(0, "typo")).isNull();
    await()
        .until(
            () ->
                controlPlane.requests.stream()
                    .anyMatch(
                        r ->
                            r.getUnsubscribeList()
                                .contains(name(ResourceKind.VIRTUAL_HOST, "default/typo"))));

    // Both known ones are in use right now.
    assertThat(subject.failure(0, "catalog.default")).contains("TOO_MANY", "limit");
  }

  /** Without its host a request fails; without its name DNS is asked as it would be anyway. */
  @Test
  void namesOfDnsMakeRoomForHostsAndTakeNoneFromThem() {
    String catalog = "dns/catalog.default.svc.cluster.local";
    controlPlane.put(
        inbound("frontend"),
        Resource.newBuilder()
            .setName(name(ResourceKind.VIRTUAL_HOST, "default/" + catalog))
            .setVersion("v1")
            .setVirtualHost(
                VirtualHost.newBuilder().setDns(DnsName.newBuilder().addAddresses("10.96.0.7")))
            .build());
    controlPlane.service("catalog", 8081);
    var subject = new Subject(List.of(), 3).start();
    subject.resolve(0, "catalog");
    assertThat(subject.want(catalog)).isTrue();
    await().until(() -> subject.use(catalog) != null);

    subject.resolve(0, "catalog:80");
    assertThat(subject.use(catalog)).isNull();
    assertThat(subject.want(catalog)).isFalse();
    assertThat(subject.find(0, "catalog")).isNotNull();
  }

  @Test
  void everyWorkerHasAResponseBeforeItIsAcknowledged() {
    controlPlane.put(inbound("frontend"));
    var subject = new Subject(List.of("catalog"), 100);
    var held = new CompletableFuture<Void>();
    subject.start();
    await().until(() -> controlPlane.requests.size() >= 2);
    subject.workers.get(1).execute(held::join);

    controlPlane.service("catalog", 8081);
    String nonce = controlPlane.lastNonce();
    await().until(() -> subject.find(0, "catalog") != null);
    assertThat(controlPlane.requests).noneMatch(r -> r.getNonce().equals(nonce));

    held.complete(null);
    assertThat(controlPlane.awaitAnswer(nonce).hasRejection()).isFalse();
    assertThat(subject.find(1, "catalog")).isNotNull();
  }

  @Test
  void aBadResponseIsRefusedWholeWithThePathOfTheField() {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", 8081);
    var subject = new Subject(List.of("catalog"), 100).start();
    ResolvedHost before = subject.resolve(0, "catalog");

    controlPlane.put(slice("catalog", 8082), changed(host("catalog", "catalog", "nowhere")));

    DiscoveryRequest answer = controlPlane.awaitAnswer(controlPlane.lastNonce());
    assertThat(answer.getRejection().getResource().getName()).isEqualTo("default/catalog");
    assertThat(answer.getRejection().getFieldPath()).isEqualTo("routes[0].backends[1].cluster");
    assertThat(answer.getRejection().getMessage()).contains("nowhere.default:80");
    assertThat(subject.find(0, "catalog")).isSameAs(before);
    assertThat(subject.ports("catalog.default:80")).containsExactly(8081);
    assertThat(subject.status().rejected()).isEqualTo(1);

    // What is good again is taken.
    controlPlane.endpoints("catalog", 8083);
    await().until(() -> subject.ports("catalog.default:80").equals(List.of(8083)));
  }

  private static Resource changed(Resource resource) {
    return resource.toBuilder().setVersion("v2").build();
  }
}
