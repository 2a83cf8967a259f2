package dev.weft.sidecar.app.intercept;

import static dev.weft.sidecar.FakeControlPlane.host;
import static dev.weft.sidecar.app.intercept.InterceptedMachines.A;
import static dev.weft.sidecar.app.intercept.InterceptedMachines.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.registry.v1.Instance;
import dev.weft.sidecar.FakeControlPlane;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What calls an application, behind the rules of each program: callers with and without a mesh
 * reach it by its own ports, and the sidecar by those that are meant for them.
 */
@ParameterizedClass(name = "rules by {0}")
@EnumSource(RulesBy.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InterceptedInboundTest extends InterceptedFixture {
  @Test
  void aCallerWithoutAMeshReachesTheApplicationByItsPort() {
    assertThat(calls().curl("o", "http://" + net().ipv4(B) + ":8080/in"))
        .startsWith("b /in from " + net().ipv4(B))
        .contains("proto=http");
    assertThat(calls().curl("o", "http://[" + net().ipv6(B) + "]:8086/in6")).startsWith("b /in6");
    assertThat(calls().say("o", net().ipv4(B), 2526, "")).isEqualTo("220 b");
    assertThat(calls().say("o", net().ipv4(B), 7, "\\x01\\x02abc")).isEqualTo("\u0001\u0002abc");
  }

  @Test
  void whoeverCallsTheListenersThemselvesIsRefused() {
    assertThat(calls().status("a", "http://127.0.0.1:15001/")).isEqualTo("000");
    assertThat(calls().status("a", "http://" + net().ipv4(A) + ":15006/")).isEqualTo("000");
    assertThat(calls().status("o", "http://" + net().ipv4(A) + ":15001/")).isEqualTo("000");
    assertThat(calls().status("o", "http://" + net().ipv4(A) + ":15006/")).isEqualTo("000");
    assertThat(
            machines().metric(A, "weft_downstream_cx_not_redirected_total{direction=\"inbound\"}"))
        .isPositive();
    assertThat(
            machines().metric(A, "weft_downstream_cx_not_redirected_total{direction=\"outbound\"}"))
        .isPositive();
  }

  @Test
  void anApplicationOnLoopbackOnlyIsNotReachedFromOutside() {
    assertThat(calls().curl("b", "http://127.0.0.1:7070/lo")).startsWith("b /lo");
    assertThat(calls().status("o", "http://" + net().ipv4(B) + ":7070/")).isEqualTo("503");
    assertThat(calls().say("o", net().ipv4(B), 7070, "\\x01")).isEmpty();
  }

  @Test
  void theProbePortCarriesOutTheApplicationsProbes() {
    assertThat(calls().status("o", machines().probePort(B, "/live"))).isEqualTo("200");
    assertThat(calls().status("o", machines().probePort(B, "/app/app/live"))).isEqualTo("418");
    assertThat(calls().status("o", machines().probePort(B, "/app/app/moved"))).isEqualTo("418");
    assertThat(calls().status("o", machines().probePort(B, "/app/app/ready"))).isEqualTo("200");
    assertThat(calls().status("o", machines().probePort(B, "/app/app/gone"))).isEqualTo("503");
    assertThat(calls().status("o", machines().probePort(B, "/app/app/grpc"))).isEqualTo("503");
    assertThat(calls().status("o", machines().probePort(B, "/app/none"))).isEqualTo("404");
    assertThat(calls().status("o", machines().probePort(B, "/config"))).isEqualTo("404");
  }

  @Test
  void theConfigurationOfTheApplicationIsAskedForOnLoopbackAndByNobodyElse() {
    // Nothing of it was received here, which nobody else says in these words.
    assertThat(calls().curl("a", "http://127.0.0.1:15010/config"))
        .contains("\"status\":503")
        .contains("no configuration");
    assertThat(calls().status("a", "http://" + net().ipv4(A) + ":15010/config")).isEqualTo("000");
    assertThat(calls().status("o", "http://" + net().ipv4(A) + ":15010/config")).isEqualTo("000");
    assertThat(calls().curl("b", "http://" + net().ipv4(A) + ":15010/config"))
        .doesNotContain("configuration");
  }

  @Test
  void withoutKubernetesTheApplicationIsRegisteredWithItsOwnPort() {
    Namespaces all = net();
    FakeControlPlane plane = machines().controlPlane();
    all.add("e", 7);
    Path app = all.java("e", false, Namespaces.APP, List.of("e", "http=8085@0.0.0.0"));
    await().atMost(30, TimeUnit.SECONDS).until(() -> Namespaces.text(app).contains("up"));
    plane.put(FakeControlPlane.inbound("files"), host("catalog:8081", "catalog"));
    machines()
        .sidecar(
            "e",
            7,
            "--node-id=files-0",
            "--service=files",
            "--app-port=8085",
            "--tcp-listen=8081=catalog");
    machines().intercept("e");

    machines().awaitReady(7);
    Instance instance = plane.registered.getFirst().getInstance();
    assertThat(instance.getAddress()).isEqualTo(all.ipv4(7));
    assertThat(instance.getPorts(0).getPort()).isEqualTo(8085);
    assertThat(calls().curl("o", "http://" + all.ipv4(7) + ":8085/in"))
        .startsWith("e /in")
        .contains("proto=http");
    assertThat(calls().curl("e", "http://127.0.0.1:8081/named")).startsWith("b /named");
    // Nobody else is offered what our application calls.
    assertThat(calls().status("o", "http://" + all.ipv4(7) + ":8081/")).isEqualTo("503");
  }

  @Test
  void udpIsNotTouched() {
    assertThat(calls().ping("o", net().ipv4(A))).isEqualTo("ping");
  }
}
