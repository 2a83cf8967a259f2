package dev.weft.controlplane.registry;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static dev.weft.controlplane.registry.TestMesh.pod;
import static dev.weft.controlplane.registry.TestMesh.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadReadiness;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.StoredOverride;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What an operator says goes before what an instance says itself, and beside it. */
class OverridesTest {
  private final TestMesh mesh = new TestMesh();

  @Test
  void aDrainedInstanceStaysDrainedWhateverItSaysAndIsItselfAgainAfterwards() {
    mesh.put(instance("catalog", "catalog-0"));
    mesh.override(drained("catalog-0"));
    RegistryChange change = mesh.commit();
    Workload drained = workload(change, "catalog-0");
    assertThat(drained.ready()).isFalse();
    assertThat(drained.readiness()).isEqualTo(WorkloadReadiness.READY);
    assertThat(drained.readinessInForce()).isEqualTo(WorkloadReadiness.DRAINING);

    // It registers anew, as another process.
    mesh.put(instance("catalog", "catalog-0").setIncarnation("two").setWeight(7));
    Workload again = workload(mesh.commit(), "catalog-0");
    assertThat(again.incarnation()).isEqualTo("two");
    assertThat(again.ready()).isFalse();

    // It goes, and comes again.
    mesh.remove(instance("catalog", "catalog-0"));
    mesh.commit();
    mesh.put(instance("catalog", "catalog-0").setIncarnation("three"));
    assertThat(workload(mesh.commit(), "catalog-0").ready()).isFalse();

    mesh.override(drained("catalog-0").toBuilder().setDrained(false).build());
    RegistryChange lifted = mesh.commit();
    assertThat(workload(lifted, "catalog-0").ready()).isTrue();
    assertThat(lifted.workloads()).hasSize(1);
    assertThat(lifted.services()).hasSize(1);
  }

  @Test
  void whatIsStoredIsWhatItSaysItselfAndWhatIsShownIsWhatIsInForce() throws Exception {
    mesh.put(instance("catalog", "catalog-0").setWeight(7));
    mesh.override(
        drained("catalog-0").toBuilder()
            .setWeight(50)
            .setAtMillis(2_000)
            .setReason("disk")
            .build());
    Workload workload = workload(mesh.commit(), "catalog-0");
    Instance shown = WorkloadCodec.toInstance(workload);
    assertThat(shown.getReadiness()).isEqualTo(Readiness.DRAINING);
    assertThat(shown.getReadinessReason()).isEqualTo("drained, by jane: disk");
    assertThat(shown.getWeight()).isEqualTo(50);
    assertThat(shown.getOverride().getOwnWeight()).isEqualTo(7);
    assertThat(shown.getOverride().getOwnReadiness()).isEqualTo(Readiness.READY);
    assertThat(shown.getChangedBy()).isEqualTo("jane");
    assertThat(shown.getChangedAtMillis()).isEqualTo(2_000);

    Instance stored = Instance.parseFrom(WorkloadCodec.toStored(workload));
    assertThat(stored.getReadiness()).isEqualTo(Readiness.READY);
    assertThat(stored.getWeight()).isEqualTo(7);
    assertThat(stored.hasOverride()).isFalse();
    assertThat(workload.saysTheSame(workload(mesh.commit(), "catalog-0"))).isTrue();
  }

  @Test
  void aZoneUnderMaintenanceDrainsItsInstancesOfEverySource() {
    mesh.put(instance("catalog", "a-0").setLocality(zone("a")));
    mesh.put(instance("catalog", "b-0").setLocality(zone("b")));
    mesh.put(instance("basket", "b-1").setLocality(zone("b")));
    mesh.kubernetesService("cart", List.of("10.96.0.9"), ServicePort.of("http", 80));
    mesh.put(
        slice("cart", "cart-x", "http", 8080)
            .addEndpoints(pod("cart-a", "10.1.0.1").setLocality(zone("a")))
            .addEndpoints(pod("cart-b", "10.1.0.2").setLocality(zone("b"))));
    mesh.commit();
    mesh.override(StoredOverride.newBuilder().setZone("b").setDrained(true).setBy("jane").build());
    RegistryChange change = mesh.commit();
    assertThat(ready(change.view())).containsExactlyInAnyOrder("a-0", "cart-a");
    assertThat(change.workloads()).hasSize(3);
    assertThat(workload(change, "b-0").override().drainReason())
        .isEqualTo("zone b is under maintenance, by jane");

    // What comes meanwhile is drained from the first; what is drained itself stays so.
    mesh.put(instance("catalog", "b-2").setLocality(zone("b")));
    mesh.override(drained("b-1"));
    assertThat(ready(mesh.commit().view())).containsExactlyInAnyOrder("a-0", "cart-a");
    mesh.override(StoredOverride.newBuilder().setZone("b").build());
    assertThat(ready(mesh.commit().view()))
        .containsExactlyInAnyOrder("a-0", "b-0", "b-2", "cart-a", "cart-b");
  }

  @Test
  void aPodIsDrainedInEveryServiceThatListsIt() {
    for (String service : List.of("cart", "cart-admin")) {
      mesh.kubernetesService(service, List.of(), ServicePort.of("http", 80));
      mesh.put(
          slice(service, service + "-x", "http", 8080)
              .addEndpoints(pod("cart-1", "10.1.0.1"))
              .addEndpoints(pod("cart-2", "10.1.0.2").setReady(false).setTerminating(true)));
    }
    mesh.commit();
    mesh.override(drained("cart-1")).override(drained("cart-2"));
    RegistryChange change = mesh.commit();
    assertThat(change.workloads()).hasSize(4);
    assertThat(ready(change.view())).isEmpty();
    assertThat(change.view().workloads("")).noneMatch(Workload::lastResort);

    // The slice is written as a whole, with another pod in it.
    mesh.put(
        slice("cart", "cart-x", "http", 8080)
            .addEndpoints(pod("cart-1", "10.1.0.1"))
            .addEndpoints(pod("cart-3", "10.1.0.3")));
    assertThat(ready(mesh.commit().view())).containsExactly("cart-3");
  }

  @Test
  void anOverrideOfSomebodyElsesKeyIsAProblem() {
    mesh.put(instance("catalog", "catalog-0"));
    mesh.entry(Keyspace.instanceOverride("default", "other"), drained("catalog-0").toByteString());
    RegistryView view = mesh.commit().view();
    assertThat(view.problems()).hasSize(1);
    assertThat(ready(view)).containsExactly("catalog-0");
  }

  private static Workload workload(RegistryChange change, String id) {
    return Objects.requireNonNull(change.view().workload("default", id));
  }

  private static List<String> ready(RegistryView view) {
    return view.workloads("").stream().filter(Workload::ready).map(Workload::id).toList();
  }

  private static StoredOverride drained(String id) {
    return StoredOverride.newBuilder()
        .setNamespace("default")
        .setId(id)
        .setDrained(true)
        .setBy("jane")
        .build();
  }

  private static Locality zone(String zone) {
    return Locality.newBuilder().setZone(zone).build();
  }
}
