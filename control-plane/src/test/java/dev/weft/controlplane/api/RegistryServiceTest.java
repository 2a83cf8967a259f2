package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.proto.registry.v1.DeregisterResponse;
import dev.weft.proto.registry.v1.GetInstanceRequest;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.ListServicesRequest;
import dev.weft.proto.registry.v1.ListServicesResponse;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterResponse;
import dev.weft.proto.registry.v1.WatchEvent;
import dev.weft.proto.registry.v1.WatchRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegistryServiceTest extends RegistryServiceFixture {
  @Test
  void whatIsRegisteredIsListedAndFound() {
    RegisterResponse response = register(instance("catalog", "catalog-0").build());
    assertThat(response.getIncarnation()).isNotEmpty();
    assertThat(response.getTtlMillis()).isEqualTo(TTL.toMillis());

    Instance found =
        stub.getInstance(
            GetInstanceRequest.newBuilder().setNamespace("default").setId("catalog-0").build());
    assertThat(found.getIncarnation()).isEqualTo(response.getIncarnation());
    assertThat(found.getRevision()).isEqualTo(response.getRevision());
    assertThat(found.getSource()).isEqualTo("self");
    assertThat(found.getWeight()).isEqualTo(100);
    assertThat(found.getReadiness()).isEqualTo(Readiness.READY);

    ListServicesResponse services = stub.listServices(ListServicesRequest.getDefaultInstance());
    assertThat(services.getServicesList())
        .singleElement()
        .satisfies(
            service -> {
              assertThat(service.getName()).isEqualTo("catalog");
              assertThat(service.getPortsList()).containsExactly(80);
              assertThat(service.getReadyInstances()).isEqualTo(1);
            });
    assertThat(services.getWarningsList()).isEmpty();
    assertThat(list("catalog")).containsExactly("catalog-0");
    assertThat(list("nobody")).isEmpty();
  }

  @Test
  void whatKubernetesOwnsIsListedAndWatchedAndNobodyRegistersItself() {
    long revision = kubernetes("web-0");

    assertThat(stub.listServices(ListServicesRequest.getDefaultInstance()).getServicesList())
        .singleElement()
        .satisfies(
            service -> {
              assertThat(service.getName()).isEqualTo("web");
              assertThat(service.getPortsList()).containsExactly(80);
              assertThat(service.getReadyInstances()).isEqualTo(1);
            });
    assertThat(list("web")).containsExactly("web-0");
    Instance pod =
        stub.getInstance(
            GetInstanceRequest.newBuilder().setNamespace("default").setId("web-0").build());
    assertThat(pod.getSource()).isEqualTo("kubernetes");
    assertThat(pod.getMetadataMap()).containsEntry("kubernetes.io/node", "node-1");

    assertThatThrownBy(() -> register(instance("web", "self-0").build()))
        .hasMessageContaining("service default/web is owned by source \"kubernetes\"")
        .hasMessageContaining("--register off");
    assertThatThrownBy(() -> register(instance("other", "web-0").build()))
        .hasMessageContaining("instance default/web-0 is owned by source \"kubernetes\"");

    kubernetes("web-1");
    assertThat(
            firstTwo(
                WatchRequest.newBuilder()
                    .setNamespace("default")
                    .setService("web")
                    .setFromRevision(revision)
                    .build()))
        .containsExactlyInAnyOrder("PUT web-1", "REMOVED web-0");
  }

  private List<String> firstTwo(WatchRequest request) {
    var events = stub.withDeadlineAfter(Duration.ofSeconds(30)).watch(request);
    var seen = new ArrayList<String>();
    while (seen.size() < 2) {
      WatchEvent event = events.next();
      seen.add(event.getType() + " " + event.getInstance().getId());
    }
    return seen;
  }

  @Test
  void registeringTheSameIncarnationAgainWritesNothing() {
    Instance instance = instance("catalog", "catalog-0").setIncarnation("one").build();
    RegisterResponse first = register(instance);
    RegisterResponse second = register(instance);
    assertThat(second.getRevision()).isEqualTo(first.getRevision());
    RegisterResponse other = register(instance.toBuilder().setIncarnation("two").build());
    assertThat(other.getRevision()).isGreaterThan(first.getRevision());
    assertThat(other.getIncarnation()).isEqualTo("two");
  }

  @Test
  void anInstanceThatChangesItsServiceLeavesTheOldOne() {
    register(instance("catalog", "node-0").build());
    register(instance("orders", "node-0").build());
    assertThat(list("catalog")).isEmpty();
    assertThat(list("orders")).containsExactly("node-0");
  }

  @Test
  void aWrongFieldIsNamedWithItsValueAndWhatWasExpected() {
    Instance wrong =
        instance("Catalog", "catalog-0")
            .setAddress("catalog.local")
            .setWeight(-1)
            .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(70_000))
            .build();
    assertThatThrownBy(() -> register(wrong))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT))
        .hasMessageContaining("instance.service is \"Catalog\", expected a DNS label")
        .hasMessageContaining("instance.address is \"catalog.local\", expected an IP address")
        .hasMessageContaining("instance.weight is \"-1\", expected 1 to 1000000")
        .hasMessageContaining("instance.ports[1].port is \"70000\", expected 1 to 65535")
        .hasMessageContaining("instance.ports[1].service_port is \"80\", expected a number that");
    assertThat(registry.current().workloadCount()).isZero();
  }

  @Test
  void aNameThatAnotherSourceOwnsIsRefused() {
    Instance pod = instance("catalog", "catalog-0").setIncarnation("pod").build();
    put(Keyspace.instance("kubernetes", "default", "catalog", "catalog-0"), pod.toByteString());
    assertThatThrownBy(() -> register(instance("catalog", "catalog-0").build()))
        .hasMessageContaining("FAILED_PRECONDITION")
        .hasMessageContaining("owned by source \"kubernetes\"");
    assertThatThrownBy(() -> register(instance("catalog", "catalog-9").build()))
        .hasMessageContaining("FAILED_PRECONDITION")
        .hasMessageContaining("service default/catalog is owned by source \"kubernetes\"");
    register(instance("orders", "orders-0").build());
  }

  @Test
  void onlyTheRegisteredIncarnationIsDeregistered() {
    String incarnation = register(instance("catalog", "catalog-0").build()).getIncarnation();
    DeregisterResponse late = deregister("catalog-0", "dead", 0);
    assertThat(late.getRemoved()).isFalse();
    assertThat(list("catalog")).containsExactly("catalog-0");
    DeregisterResponse done = deregister("catalog-0", incarnation, 1000);
    assertThat(done.getRemoved()).isTrue();
    assertThat(done.getSubscribersAcknowledged()).isTrue();
    assertThat(awaited).containsExactly(done.getRevision());
    assertThat(list("catalog")).isEmpty();
    assertThat(deregister("catalog-0", incarnation, 0).getRemoved()).isFalse();
  }

  @Test
  void anEntryThatCannotBeReadIsWarnedOfAndHarmsNobody() {
    put("registry/self/default/catalog/broken", ByteString.copyFromUtf8("nonsense"));
    put("policy/apply/HTTPRoute/default/broken", ByteString.copyFromUtf8("nonsense"));
    register(instance("catalog", "catalog-0").build());
    assertThat(list("catalog")).containsExactly("catalog-0");
    assertThat(stub.listServices(ListServicesRequest.getDefaultInstance()).getWarningsList())
        .hasSize(2)
        .anySatisfy(warning -> assertThat(warning).contains("default/catalog/broken"));
  }
}
