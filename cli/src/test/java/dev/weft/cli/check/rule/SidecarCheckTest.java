package dev.weft.cli.check.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.mesh.v1.NodeStatus.SyncState;
import dev.weft.proto.mesh.v1.Trouble;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Sidecars that do not run, are not connected, or are of another version, are named. */
class SidecarCheckTest {
  private static final String PAGE =
      """
      {
        "version": "0.1.0",
        "ready": %s,
        "reason": "no configuration yet",
        "control_plane": {"address": "cp:7700", "connected": %s, "problem": "UNAVAILABLE", "revision": 7},
        "application": {
          "refused_connections": 3,
          "listening_known": true,
          "listening": [{"address": "0.0.0.0", "port": 8080}]
        }
      }
      """;

  @Test
  void what_is_well_is_said_in_a_few_lines() {
    Judged judged = Judged.by(check(PodsOf.meshed("web-0"), Set.of("shop/web-0")));

    assertThat(judged.complaints()).isEmpty();
    assertThat(judged.all()).hasSize(4);
  }

  @Test
  void who_is_not_connected_is_named_with_what_it_says() {
    assertThat(Judged.by(check(PodsOf.meshed("web-0"), Set.of())).of(CheckId.SIDECAR_CONNECTED))
        .containsExactly(
            "ERROR pod shop/web-0: its sidecar is not connected to any control plane, and goes on with"
                + " what it has: UNAVAILABLE");
  }

  @Test
  void who_does_not_run_is_named_with_the_reason() {
    Pod waiting =
        new PodBuilder(PodsOf.meshed("web-0"))
            .editStatus()
            .editFirstInitContainerStatus()
            .withReady(false)
            .withNewState()
            .withNewWaiting()
            .withReason("ImagePullBackOff")
            .withMessage("no such image")
            .endWaiting()
            .endState()
            .endInitContainerStatus()
            .endStatus()
            .build();

    assertThat(Judged.by(check(waiting, Set.of())).of(CheckId.SIDECAR_READY))
        .containsExactly(
            "ERROR pod shop/web-0: its sidecar is not ready: ImagePullBackOff: no such image");
  }

  @Test
  void who_was_killed_for_its_memory_is_named() {
    Pod killed =
        new PodBuilder(PodsOf.meshed("web-0"))
            .editStatus()
            .editFirstInitContainerStatus()
            .withNewLastState()
            .withNewTerminated()
            .withReason("OOMKilled")
            .endTerminated()
            .endLastState()
            .endInitContainerStatus()
            .endStatus()
            .build();

    assertThat(Judged.by(check(killed, Set.of("shop/web-0"))).of(CheckId.SIDECAR_READY))
        .singleElement()
        .asString()
        .startsWith("WARNING pod shop/web-0: its sidecar was killed for its memory limit");
  }

  @Test
  void another_image_and_other_settings_are_named() {
    Pod pod = PodsOf.meshed("web-0");

    assertThat(
            Judged.by(
                    new SidecarCheck(
                        List.of(pod), "weft-sidecar:3", "x", "cp:3", Set.of(), false, Map.of()))
                .of(CheckId.SIDECAR_VERSION))
        .containsExactly(
            "WARNING pod shop/web-0: its sidecar is weft-sidecar:2; injected today is weft-sidecar:3");
    assertThat(
            Judged.by(
                    new SidecarCheck(
                        List.of(pod), PodsOf.IMAGE, "x", "cp:2", Set.of(), false, Map.of()))
                .of(CheckId.SIDECAR_VERSION))
        .singleElement()
        .asString()
        .startsWith("NOTICE pod shop/web-0");
    assertThat(
            Judged.by(
                    new SidecarCheck(
                        List.of(pod), PodsOf.IMAGE, "abc", "cp:9", Set.of(), false, Map.of()))
                .of(CheckId.SIDECAR_VERSION))
        .containsExactly(
            "WARNING configmap weft-injector: injects weft-sidecar:2 beside a control plane of cp:9");
  }

  @Test
  void a_page_is_read_and_another_version_that_has_none_is_said() {
    SidecarReport report = SidecarReport.of(PAGE.formatted(false, true));

    assertThat(report.notReady()).isEqualTo("no configuration yet");
    assertThat(report.disconnected()).isEmpty();
    assertThat(report.refused()).isEqualTo(3);
    assertThat(report.listening()).containsExactly(new SidecarReport.Listening("0.0.0.0", 8080));
    assertThat(
            Judged.by(
                    new SidecarCheck(
                        List.of(PodsOf.meshed("web-0")),
                        "",
                        "",
                        "",
                        Set.of(),
                        false,
                        Map.of("shop/web-0", SidecarReport.silent("it answers 404 to /status"))))
                .of(CheckId.SIDECARS_ASKED))
        .containsExactly(
            "WARNING pod shop/web-0: its sidecar could not be asked: it answers 404 to /status");
  }

  @Test
  void who_refused_its_configuration_or_is_late_is_named() {
    NodeStatus refused =
        node("web-0", SyncState.REJECTED)
            .setLastRejection(
                Rejection.newBuilder()
                    .setResource(
                        ResourceName.newBuilder()
                            .setKind(ResourceKind.CLUSTER)
                            .setName("catalog.shop:80"))
                    .setFieldPath("port")
                    .setMessage("0 is no port"))
            .build();
    NodeStatus late = node("web-1", SyncState.PENDING).setAcknowledgedRevision(7).build();
    NodeStatus busy = node("web-2", SyncState.PENDING).build();

    Trouble deaf =
        Trouble.newBuilder().setPeer("shop/web-3").setMessage("has not read for 42 s").build();

    Judged judged =
        Judged.by(new NodesCheck(List.of(refused, late, busy), Set.of("web-1"), List.of(deaf)));

    assertThat(judged.of(CheckId.SIDECAR_REJECTED))
        .containsExactly(
            "ERROR sidecar shop/web-0: refused CLUSTER catalog.shop:80 at port: 0 is no port; it goes"
                + " on with what it had");
    assertThat(judged.of(CheckId.SIDECAR_SYNC))
        .singleElement()
        .asString()
        .contains("sidecar shop/web-1")
        .contains("revision 7");
    assertThat(judged.of(CheckId.CALLER_HARMS))
        .containsExactly("WARNING caller shop/web-3: has not read for 42 s");
  }

  private static NodeStatus.Builder node(String id, SyncState state) {
    return NodeStatus.newBuilder()
        .setNode(Node.newBuilder().setId(id).setNamespace("shop"))
        .setState(state);
  }

  private static SidecarCheck check(Pod pod, Set<String> connected) {
    return new SidecarCheck(
        List.of(pod),
        PodsOf.IMAGE,
        "abc",
        "weft-control-plane:2",
        connected,
        true,
        Map.of("shop/web-0", SidecarReport.of(PAGE.formatted(true, false))));
  }
}
