package dev.weft.controlplane.registry;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static dev.weft.controlplane.registry.TestMesh.pod;
import static dev.weft.controlplane.registry.TestMesh.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Registration;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadReadiness;
import dev.weft.controlplane.registry.RegistryChange.WorkloadChange;
import dev.weft.proto.registry.v1.EndpointPort;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What the view makes of the slices that Kubernetes' source has stored. */
class EndpointSlicesTest {
  private static final ServicePort HTTP = ServicePort.of("http", 80);

  private final TestMesh mesh = new TestMesh();

  @Test
  void aPodOfTwoServicesIsAWorkloadOfEach() {
    mesh.kubernetesService("web", List.of("10.96.0.1"), HTTP);
    mesh.kubernetesService("web-admin", List.of("10.96.0.2"), ServicePort.of("admin", 9000));
    mesh.put(slice("web", "web-a", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));
    mesh.put(slice("web-admin", "x", "admin", 9001).addEndpoints(pod("web-0", "10.244.0.7")));
    RegistryView view = mesh.commit().view();

    assertThat(workloadsOf(view, "web")).extracting(Workload::id).containsExactly("web-0");
    assertThat(workloadsOf(view, "web-admin")).extracting(Workload::id).containsExactly("web-0");
    assertThat(view.workloads("default"))
        .extracting(Workload::service)
        .containsExactlyInAnyOrder("web", "web-admin");
    assertThat(view.workloads("")).hasSize(2);
    assertThat(view.workloadCount()).isEqualTo(2);
    assertThat(view.endpointsOfPod("default", "web-0"))
        .extracting(Workload::service)
        .containsExactlyInAnyOrder("web", "web-admin");
    assertThat(view.endpointsAt("10.244.0.7")).hasSize(2);
    Workload pod = Objects.requireNonNull(view.workload("default", "web-0"));
    assertThat(pod.source()).isEqualTo("kubernetes");
  }

  @Test
  void aPodWasRegisteredByItsSourceWhenItWasCreatedAndNobodyChangedIt() {
    mesh.put(
        slice("web", "a", "http", 8080)
            .addEndpoints(pod("web-0", "10.244.0.7").setCreatedAtMillis(1_700_000_000_000L)));
    RegistryView view = mesh.commit().view();

    Workload pod = Objects.requireNonNull(view.workload("default", "web-0"));
    assertThat(pod.registration())
        .isEqualTo(new Registration(1_700_000_000_000L, "EndpointSlices", 0, ""));
    Instance shown = WorkloadCodec.toInstance(pod);
    assertThat(shown.getRegisteredBy()).isEqualTo("EndpointSlices");
    assertThat(shown.getRegisteredAtMillis()).isEqualTo(1_700_000_000_000L);
    assertThat(shown.getChangedBy()).isEmpty();
  }

  @Test
  void oneEndpointThatChangesTouchesItsServiceAndNoOtherEndpoint() {
    mesh.kubernetesService("web", List.of("10.96.0.1"), HTTP);
    mesh.kubernetesService("other", List.of("10.96.0.2"), HTTP);
    mesh.put(slice("other", "o", "http", 8080).addEndpoints(pod("other-0", "10.244.9.9")));
    mesh.put(hundred("a")).put(hundred("b"));
    mesh.commit();

    ServiceEndpoints.Builder changed = hundred("b");
    changed.getEndpointsBuilder(7).setReady(false);
    RegistryChange change = mesh.put(changed).commit();

    assertThat(change.services()).containsExactly(new ObjectKey("default", "web"));
    assertThat(change.addresses()).containsExactly("10.244.98.8");
    assertThat(change.workloads())
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.key()).isEqualTo(new ObjectKey("default", "web/web-b-7"));
              assertThat(Objects.requireNonNull(one.after()).readiness())
                  .isEqualTo(WorkloadReadiness.NOT_READY);
            });
    assertThat(change.view().trees.endpoints().byService())
        .satisfies(
            tree ->
                assertThat(tree.unsharedWith(change.previous().trees.endpoints().byService()))
                    .isLessThan(20));
    assertThat(mesh.put(changed).commit().isEmpty()).as("written again").isTrue();
  }

  private static ServiceEndpoints.Builder hundred(String name) {
    ServiceEndpoints.Builder slice = slice("web", "web-" + name, "http", 8080);
    for (int i = 0; i < 100; i++) {
      slice.addEndpoints(
          pod("web-" + name + "-" + i, "10.244." + (int) name.charAt(0) + "." + (i + 1)));
    }
    return slice;
  }

  @Test
  void anEndpointThatMovesToAnotherSliceIsNeverGone() {
    mesh.kubernetesService("web", List.of("10.96.0.1"), HTTP);
    mesh.put(slice("web", "old", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));
    mesh.commit();

    mesh.put(slice("web", "new", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));
    assertThat(mesh.commit().workloads()).isEmpty();
    mesh.remove(slice("web", "old", "http", 8080));
    RegistryChange change = mesh.commit();

    assertThat(change.workloads()).isEmpty();
    assertThat(workloadsOf(change.view(), "web")).hasSize(1);
    mesh.remove(slice("web", "new", "http", 8080));
    assertThat(mesh.commit().workloads()).extracting(WorkloadChange::after).containsOnlyNulls();
  }

  @Test
  void theSameAddressInTwoSlicesHasThePortsOfBoth() {
    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));
    mesh.put(slice("web", "b", "admin", 9000).addEndpoints(pod("web-0", "10.244.0.7")));

    assertThat(mesh.commit().view().endpointsAt("10.244.0.7"))
        .singleElement()
        .satisfies(
            one ->
                assertThat(one.ports())
                    .extracting(port -> port.name() + " " + port.port())
                    .containsExactlyInAnyOrder("http 8080", "admin 9000"));
  }

  @Test
  void ofTwoAddressFamiliesAPodIsOneWorkloadAndFoundAtBoth() {
    mesh.kubernetesService("web", List.of("10.96.0.1", "fd00:1:0:0:0:0:0:1"), HTTP);
    mesh.put(slice("web", "v6", "http", 8080).addEndpoints(pod("web-0", "fd00::7")));
    mesh.put(slice("web", "v4", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));
    RegistryView view = mesh.commit().view();

    assertThat(workloadsOf(view, "web"))
        .extracting(Workload::address)
        .containsExactly("10.244.0.7");
    assertThat(view.endpointsAt("fd00:0:0:0:0:0:0:7"))
        .extracting(Workload::address)
        .containsExactly("fd00::7");
    assertThat(view.serviceAt("fd00:1:0:0:0:0:0:1")).isEqualTo(view.service("default", "web"));
    mesh.remove(slice("web", "v4", "http", 8080));
    view = mesh.commit().view();
    assertThat(workloadsOf(view, "web")).extracting(Workload::address).containsExactly("fd00::7");
    assertThat(view.endpointsAt("10.244.0.7")).isEmpty();
  }

  @Test
  void whatCannotBeUsedIsAProblemAndTheRestIsUsed() {
    mesh.kubernetesService("web", List.of("10.96.0.1"), HTTP);
    mesh.put(
        slice("web", "a", "http", 8080)
            .addPorts(EndpointPort.newBuilder().setName("all").setPort(0))
            .addPorts(EndpointPort.newBuilder().setName("far").setPort(70_000))
            .addEndpoints(pod("web-0", "10.244.0.7"))
            .addEndpoints(pod("web-1", "example.org"))
            .addEndpoints(pod("web 2", "10.244.0.9"))
            .addEndpoints(pod("web-0", "10.244.0.10"))
            .addEndpoints(pod("", "fd00::8")));
    RegistryView view = mesh.commit().view();

    assertThat(workloadsOf(view, "web"))
        .extracting(Workload::id)
        .containsExactly("fd00-0-0-0-0-0-0-8", "web-0");
    assertThat(view.problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.key()).isEqualTo("endpoints/kubernetes/default/web/a");
              assertThat(problem.message())
                  .contains("ports[2].port is 70000, expected 1 to 65535")
                  .contains("endpoints[1].address is \"example.org\", expected an IP address")
                  .endsWith("and 1 more");
            });
    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));
    assertThat(mesh.commit().view().problems()).isEmpty();
  }

  @Test
  void aSliceThatSaysItIsAnotherIsNotUsed() {
    mesh.put(
        slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")),
        "endpoints/kubernetes/default/other/a");
    RegistryView view = mesh.commit().view();

    assertThat(view.workloadCount()).isZero();
    assertThat(view.problems()).hasSize(1);
  }

  @Test
  void endpointsAloneAreNoServiceAndAServiceOfKubernetesHasNothingElse() {
    mesh.put(
        slice("web", "a", "http", 8080)
            .addEndpoints(pod("web-0", "10.244.0.7").putLabels("app", "web")));
    mesh.put(instance("web", "self-0").putLabels("app", "web"));
    RegistryView view = mesh.commit().view();
    assertThat(workloadsOf(view, "web")).extracting(Workload::id).containsExactly("self-0");

    mesh.kubernetesService("web", List.of("10.96.0.1"), HTTP);
    RegistryChange change = mesh.commit();
    assertThat(change.services()).containsExactly(new ObjectKey("default", "web"));
    assertThat(change.addresses()).containsExactly("10.96.0.1");
    assertThat(workloadsOf(change.view(), "web")).extracting(Workload::id).containsExactly("web-0");
    mesh.service("default", "labelled", Map.of("app", "web"), HTTP);
    assertThat(workloadsOf(mesh.commit().view(), "labelled"))
        .extracting(Workload::id)
        .containsExactly("self-0");

    mesh.removeKubernetesService("web");
    view = mesh.commit().view();
    assertThat(workloadsOf(view, "web")).extracting(Workload::id).containsExactly("self-0");
    assertThat(view.serviceAt("10.96.0.1")).isNull();
  }

  @Test
  void aViewReadAnewIsTheSame() {
    mesh.kubernetesService("web", List.of("10.96.0.1"), HTTP);
    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));
    mesh.node("node-1", "a");
    mesh.commit();

    RegistryChange whole = mesh.whole();
    assertThat(whole.nodes()).containsExactly("node-1");

    assertThat(whole.workloads()).hasSize(1);
    assertThat(whole.services()).containsExactly(new ObjectKey("default", "web"));
    assertThat(whole.addresses()).containsExactlyInAnyOrder("10.96.0.1", "10.244.0.7");
  }

  @Test
  void changesThatFollowEachOtherAddUpPerService() {
    mesh.put(slice("web", "a", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));
    RegistryChange first = mesh.commit();
    mesh.put(slice("api", "a", "http", 8080).addEndpoints(pod("web-0", "10.244.0.7")));
    RegistryChange second = first.then(mesh.commit());
    assertThat(second.workloads()).hasSize(2);
    mesh.remove(slice("web", "a", "http", 8080));
    RegistryChange sum = second.then(mesh.commit());

    assertThat(sum.workloads())
        .extracting(WorkloadChange::key)
        .containsExactly(new ObjectKey("default", "api/web-0"));
    assertThat(sum.addresses()).containsExactly("10.244.0.7");
  }

  private static List<Workload> workloadsOf(RegistryView view, String service) {
    Service found = Objects.requireNonNull(view.service("default", service));
    return view.workloadsOf(found);
  }
}
