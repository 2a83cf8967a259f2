package dev.weft.cli.check.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.cli.check.finding.CheckId;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A control plane that is not ready, not led or without its store is named. */
class ControlPlaneCheckTest {
  private static final String LEADS =
      """
      # HELP weft_kubernetes_leading x
      weft_kubernetes_leading 1.0
      weft_reaper_leading{application="x"} 1.0
      weft_registry_synced 1.0
      """;
  private static final String FOLLOWS =
      LEADS.replace("leading 1.0", "leading 0.0").replace("} 1.0", "} 0.0");
  private static final String READY =
      "ready at revision 7\nkubernetes: all kinds known, this replica writes\n";

  @Test
  void a_control_plane_that_is_well_is_said_in_a_few_lines() {
    Judged judged =
        judge(
            List.of(replica("a", "cp:2", true), replica("b", "cp:2", true)),
            List.of(ReplicaReport.of("a", READY, LEADS), ReplicaReport.of("b", READY, FOLLOWS)));

    assertThat(judged.complaints()).isEmpty();
    assertThat(judged.of(CheckId.CONTROL_PLANE)).containsExactly("OK 2 of 2 replicas are ready");
  }

  @Test
  void a_replica_that_is_not_ready_says_why() {
    Judged judged =
        judge(
            List.of(replica("a", "cp:2", true), replica("b", "cp:2", false)),
            List.of(
                ReplicaReport.of("a", READY, LEADS),
                ReplicaReport.of(
                    "b", "no contact with the store: refused", "weft_registry_synced 0.0\n")));

    assertThat(judged.of(CheckId.CONTROL_PLANE))
        .containsExactly(
            "ERROR pod weft-system/b: is not ready: no contact with the store: refused");
    assertThat(judged.of(CheckId.STORE))
        .containsExactly(
            "ERROR pod weft-system/b: does not follow its store: no contact with the store: refused");
  }

  @Test
  void too_few_pods_and_none_at_all_are_named() {
    assertThat(judge(List.of(replica("a", "cp:2", true)), List.of()).of(CheckId.CONTROL_PLANE))
        .containsExactly("ERROR deployment weft-system/weft-control-plane: has 1 of 2 pods");
    assertThat(
            Judged.by(new ControlPlaneCheck("weft-system", 0, List.of(), List.of(), List.of()))
                .of(CheckId.CONTROL_PLANE))
        .singleElement()
        .asString()
        .contains("is scaled to no replica");
  }

  @Test
  void two_versions_are_named() {
    assertThat(
            judge(
                    List.of(replica("a", "cp:2", true), replica("b", "cp:3", true)),
                    List.of(ReplicaReport.of("a", READY, LEADS)))
                .of(CheckId.CONTROL_PLANE_VERSION))
        .containsExactly("WARNING replicas run different images: cp:2, cp:3");
  }

  @Test
  void nobody_leading_is_an_error_only_when_everybody_was_heard() {
    List<Pod> pods = List.of(replica("a", "cp:2", true), replica("b", "cp:2", true));

    assertThat(
            judge(
                    pods,
                    List.of(
                        ReplicaReport.of("a", READY, FOLLOWS),
                        ReplicaReport.of("b", READY, FOLLOWS)))
                .of(CheckId.LEADER))
        .containsExactly(
            "ERROR no replica writes to the store what Kubernetes has",
            "ERROR no replica keeps the ConfigMaps weft-ca");
    assertThat(
            judge(
                    pods,
                    List.of(
                        ReplicaReport.of("a", READY, FOLLOWS),
                        ReplicaReport.silent("b", "refused")))
                .of(CheckId.LEADER))
        .containsExactly("OK one replica leads");
    assertThat(
            judge(
                    pods,
                    List.of(
                        ReplicaReport.of("a", READY, LEADS), ReplicaReport.of("b", READY, LEADS)))
                .of(CheckId.LEADER))
        .allMatch(said -> said.startsWith("WARNING a, b: each says"));
  }

  @Test
  void alarms_and_what_is_not_followed_are_passed_on() {
    String ready =
        """
        ready at revision 7
        alarm: nothing of shop/web is removed
        kubernetes: all kinds known
        kubernetes: httproutes.gateway.networking.k8s.io: forbidden
        """;
    Judged judged =
        judge(
            List.of(replica("a", "cp:2", true), replica("b", "cp:2", true)),
            List.of(ReplicaReport.of("a", ready, LEADS)));

    assertThat(judged.of(CheckId.STORE))
        .containsExactly("ERROR pod weft-system/a: nothing of shop/web is removed");
    assertThat(judged.of(CheckId.SOURCE))
        .containsExactly(
            "WARNING pod weft-system/a: does not follow all of Kubernetes:"
                + " httproutes.gateway.networking.k8s.io: forbidden");
  }

  @Test
  void an_etcd_without_a_majority_takes_no_changes() {
    assertThat(etcd(1)).startsWith("ERROR").contains("1 of 3 members ready, too few");
    assertThat(etcd(2)).startsWith("WARNING").contains("2 of 3 members ready");
    assertThat(etcd(3)).startsWith("OK");
  }

  private static String etcd(int ready) {
    StatefulSet set =
        Judged.object(
            StatefulSet.class,
            """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: weft-etcd, namespace: weft-system}
            spec: {replicas: 3}
            status: {replicas: 3, readyReplicas: %d}
            """
                .formatted(ready));
    return Judged.by(
            new ControlPlaneCheck(
                "weft-system",
                1,
                List.of(replica("a", "cp:2", true)),
                List.of(ReplicaReport.of("a", READY, LEADS)),
                List.of(set)))
        .of(CheckId.STORE)
        .getFirst();
  }

  private static Judged judge(List<Pod> pods, List<ReplicaReport> replicas) {
    return Judged.by(new ControlPlaneCheck("weft-system", 2, pods, replicas, List.of()));
  }

  private static Pod replica(String name, String image, boolean ready) {
    return Judged.object(
        Pod.class,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: weft-system}
        spec: {containers: [{name: control-plane, image: "%s"}]}
        status:
          phase: Running
          conditions: [{type: Ready, status: "%s"}]
          containerStatuses: [{name: control-plane, ready: %s, state: {running: {}}}]
        """
            .formatted(name, image, ready ? "True" : "False", ready));
  }
}
