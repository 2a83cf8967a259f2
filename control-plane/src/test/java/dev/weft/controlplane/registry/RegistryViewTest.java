package dev.weft.controlplane.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RegistryViewTest {
  private final ViewBuilder builder = new ViewBuilder(PolicyReader.DOCUMENTS);
  private RegistryView view = RegistryView.EMPTY;
  private long revision;

  @Test
  void aServiceWithoutADocumentExistsAsLongAsSomethingIsRegistered() {
    instance("self", "catalog", "catalog-0");
    assertThat(publish().services()).containsExactly(new ObjectKey("default", "catalog"));
    Service service = Objects.requireNonNull(view.service("default", "catalog"));
    assertThat(service.explicit()).isFalse();
    assertThat(service.ports()).extracting(port -> port.port()).containsExactly(80);
    builder.delete(key("self", "catalog", "catalog-0"));
    assertThat(publish().services()).containsExactly(new ObjectKey("default", "catalog"));
    assertThat(view.service("default", "catalog")).isNull();
  }

  @Test
  void anImpliedServiceHasThePortsOfAllItsInstances() {
    instance("self", "catalog", "catalog-0");
    publish();
    Instance other =
        TestInstances.instance("catalog", "catalog-1", "one").toBuilder()
            .addPorts(InstancePort.newBuilder().setName("admin").setServicePort(9000).setPort(1))
            .build();
    builder.put(entry(key("self", "catalog", "catalog-1"), other.toByteString()));
    publish();
    assertThat(ports("catalog")).containsExactly("http 80", "admin 9000");
    instance("self", "catalog", "catalog-1");
    publish();
    assertThat(ports("catalog")).containsExactly("http 80");
    builder.put(entry(key("self", "catalog", "catalog-1"), other.toByteString()));
    builder.delete(key("self", "catalog", "catalog-0"));
    publish();
    builder.delete(key("self", "catalog", "catalog-1"));
    instance("self", "catalog", "catalog-2");
    publish();
    assertThat(ports("catalog")).containsExactly("http 80");
  }

  private List<String> ports(String service) {
    return Objects.requireNonNull(view.service("default", service)).ports().stream()
        .map(port -> port.name() + " " + port.port())
        .toList();
  }

  @Test
  void aDocumentGoesBeforeTheImpliedServiceAndSelectsByLabels() {
    builder.put(
        entry(
            key("self", "catalog-v1", "v1-0"),
            TestInstances.instance("catalog-v1", "v1-0", "one").toBuilder()
                .putLabels("app", "catalog")
                .build()
                .toByteString()));
    instance("self", "orders", "orders-0");
    document("apply", "catalog", "{\"app\":\"catalog\"}");
    RegistryChange change = publish();
    assertThat(change.services()).contains(new ObjectKey("default", "catalog"));
    Service catalog = Objects.requireNonNull(view.service("default", "catalog"));
    assertThat(catalog.explicit()).isTrue();
    assertThat(view.workloadsOf(catalog)).extracting(Workload::id).containsExactly("v1-0");

    builder.delete(key("self", "catalog-v1", "v1-0"));
    assertThat(publish().services())
        .containsExactlyInAnyOrder(
            new ObjectKey("default", "catalog"), new ObjectKey("default", "catalog-v1"));
    builder.delete("policy/apply/Service/default/catalog");
    assertThat(publish().services()).containsExactly(new ObjectKey("default", "catalog"));
    assertThat(view.service("default", "catalog")).isNull();
  }

  @Test
  void ofTwoThatClaimANameEveryReplicaTakesTheSameAndSaysSo() {
    instance("self", "catalog", "catalog-0");
    instance("kubernetes", "catalog", "catalog-0");
    publish();
    assertThat(Objects.requireNonNull(view.workload("default", "catalog-0")).source())
        .isEqualTo("kubernetes");
    assertThat(view.registeredUnder("default", "catalog")).hasSize(1);
    assertThat(view.problems())
        .singleElement()
        .satisfies(
            problem -> assertThat(problem.key()).isEqualTo(key("self", "catalog", "catalog-0")));
    builder.delete(key("kubernetes", "catalog", "catalog-0"));
    publish();
    assertThat(Objects.requireNonNull(view.workload("default", "catalog-0")).source())
        .isEqualTo("self");
    assertThat(view.problems()).isEmpty();
  }

  @Test
  void whatCannotBeReadIsReportedAndTheRestGoesOn() {
    instance("self", "catalog", "catalog-0");
    builder.put(entry("registry/self/default/catalog/x", ByteString.copyFromUtf8("nonsense")));
    builder.put(entry("registry/self/too/short", ByteString.EMPTY));
    instance("self", "orders", "orders-0");
    builder.put(
        entry(
            key("self", "orders", "someone-else"),
            TestInstances.instance("orders", "orders-9", "one").toByteString()));
    publish();
    assertThat(view.workloadCount()).isEqualTo(2);
    assertThat(view.problems())
        .extracting(RegistryProblem::key)
        .containsExactly(
            "registry/self/default/catalog/x",
            "registry/self/default/orders/someone-else",
            "registry/self/too/short");
    instance("self", "catalog", "x");
    publish();
    assertThat(view.workloadCount()).isEqualTo(3);
    assertThat(view.problems()).hasSize(2);
  }

  @Test
  void aDocumentThatCanNoLongerBeReadLeavesNothingBehind() {
    document("apply", "catalog", "{\"app\":\"catalog\"}");
    publish();
    assertThat(view.service("default", "catalog")).isNotNull();
    builder.put(
        entry(
            "policy/apply/Service/default/catalog",
            Policy.newBuilder().setJson("{\"kind\":\"Service\"}").build().toByteString()));
    publish();
    assertThat(view.service("default", "catalog")).isNull();
    assertThat(view.problems()).hasSize(1);
    assertThat(view.policy("Service", "default", "catalog")).isNotNull();
  }

  @Test
  void oneChangeAmongTenThousandInstancesSharesTheRest() {
    for (int i = 0; i < 10_000; i++) {
      instance("self", "service-" + i % 100, "instance-" + i);
    }
    RegistryView before = publish().view();
    instance("self", "service-7", "instance-7");
    RegistryChange change = publish();
    assertThat(change.workloads()).hasSize(1);
    assertThat(change.services()).containsExactly(new ObjectKey("default", "service-7"));
    assertThat(view.trees.workloads().unsharedWith(before.trees.workloads())).isLessThan(20);
    assertThat(view.trees.byService().unsharedWith(before.trees.byService())).isLessThan(60);
  }

  @Test
  void changesThatFollowEachOtherAddUp() {
    instance("self", "catalog", "stays");
    instance("self", "catalog", "goes");
    publish();
    instance("self", "catalog", "comes-and-goes");
    builder.delete(key("self", "catalog", "goes"));
    RegistryChange first = publish();
    builder.delete(key("self", "catalog", "comes-and-goes"));
    instance("self", "catalog", "comes");
    RegistryChange sum = first.then(publish());
    assertThat(sum.workloads())
        .extracting(change -> change.key().name())
        .containsExactlyInAnyOrder("goes", "comes");
    assertThat(sum.workloads())
        .containsExactlyInAnyOrderElementsOf(
            RegistryChange.between(first.previous(), view).workloads());
  }

  private void instance(String source, String service, String id) {
    Instance instance = TestInstances.instance(service, id, "one");
    builder.put(entry(key(source, service, id), instance.toByteString()));
  }

  private void document(String source, String name, String selector) {
    String json =
        "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\""
            + name
            + "\",\"namespace\":\"default\"},\"spec\":{\"selector\":"
            + selector
            + ",\"ports\":[{\"port\":80}]}}";
    builder.put(
        entry(
            Keyspace.policy(source, "Service", "default", name),
            Policy.newBuilder().setJson(json).build().toByteString()));
  }

  private RegistryChange publish() {
    RegistryChange change = builder.publish("store", revision, view, false);
    view = change.view();
    return change;
  }

  private static String key(String source, String service, String id) {
    return Keyspace.instance(source, "default", service, id);
  }

  private Entry entry(String key, ByteString value) {
    revision++;
    return new Entry(key, value, revision, revision);
  }

  @Test
  void theViewDoesNotDependOnTheOrderOfEntries() {
    List<Entry> entries =
        List.of(
            entry(key("self", "a", "one"), TestInstances.instance("a", "one", "x").toByteString()),
            entry(key("apply", "a", "one"), TestInstances.instance("a", "one", "y").toByteString()),
            entry(key("self", "b", "one"), TestInstances.instance("b", "one", "z").toByteString()));
    RegistryView forward = RegistryView.of("s", 3, entries, PolicyReader.DOCUMENTS);
    RegistryView backward = RegistryView.of("s", 3, entries.reversed(), PolicyReader.DOCUMENTS);
    assertThat(forward.workloads("")).isEqualTo(backward.workloads("")).hasSize(1);
    assertThat(forward.services("")).isEqualTo(backward.services(""));
    assertThat(forward.problems()).isEqualTo(backward.problems()).hasSize(2);
  }
}
