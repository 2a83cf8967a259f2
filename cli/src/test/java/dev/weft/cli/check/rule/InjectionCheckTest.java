package dev.weft.cli.check.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.rule.InjectionCheck.Refusal;
import dev.weft.controlplane.webhook.injection.InjectionConfig;
import dev.weft.controlplane.webhook.injection.Injector;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A pod without a sidecar is named with the reason. */
class InjectionCheckTest {
  private static final Injector INJECTOR = new Injector(InjectionConfig.standard("s:1"), true);

  @Test
  void who_has_its_sidecar_is_not_named() {
    assertThat(judge(PodsOf.meshed("web-0")).complaints()).isEmpty();
  }

  @Test
  void who_was_there_before_the_label_is_told_to_restart() {
    Judged judged = judge(PodsOf.plain("web-0"));

    assertThat(judged.of(CheckId.POD_WITHOUT_SIDECAR))
        .containsExactly(
            "WARNING pod shop/web-0: has no sidecar: it was created before its namespace was"
                + " labelled");
    assertThat(judged.complaints().getFirst().remedy()).contains("kubectl rollout restart -n shop");
  }

  @Test
  void who_came_after_the_label_was_not_asked_about() {
    Pod pod = PodsOf.plain("web-0");
    pod.getMetadata().setCreationTimestamp("2026-03-01T12:00:00Z");

    assertThat(judge(pod).of(CheckId.POD_WITHOUT_SIDECAR))
        .singleElement()
        .asString()
        .contains("after its namespace was labelled: the injector was not asked");

    pod.getMetadata().setCreationTimestamp("2026-03-01T11:00:00Z");
    assertThat(judge(pod).of(CheckId.POD_WITHOUT_SIDECAR))
        .singleElement()
        .asString()
        .contains("before its namespace was labelled, or the injector was not asked");
  }

  @Test
  void who_opted_out_or_cannot_join_is_a_notice_with_the_reason() {
    Pod out = PodsOf.plain("out");
    out.getMetadata().setLabels(Map.of("weft.dev/inject", "disabled"));
    Pod host = PodsOf.plain("host");
    host.getSpec().setHostNetwork(true);
    Pod marked = PodsOf.plain("marked");
    marked.getMetadata().setAnnotations(Map.of("weft.dev/reason", "it runs on Windows"));

    assertThat(judge(out, host, marked).of(CheckId.POD_WITHOUT_SIDECAR))
        .satisfiesExactly(
            one ->
                assertThat(one)
                    .isEqualTo(
                        "NOTICE pod shop/out: has no sidecar: weft.dev/inject of the pod is"
                            + " disabled"),
            one ->
                assertThat(one)
                    .startsWith("NOTICE pod shop/host: has no sidecar: spec.hostNetwork is true"),
            one ->
                assertThat(one)
                    .isEqualTo("NOTICE pod shop/marked: has no sidecar: it runs on Windows"));
  }

  @Test
  void who_would_be_refused_is_told_what_to_change() {
    Pod pod = PodsOf.plain("web-0");
    pod.getMetadata().setAnnotations(Map.of("weft.dev/log-level", "loud"));

    assertThat(judge(pod).of(CheckId.POD_WITHOUT_SIDECAR))
        .singleElement()
        .asString()
        .contains("could not have one")
        .contains("weft.dev/log-level");
  }

  @Test
  void pods_that_are_over_or_leaving_are_nobodys_business() {
    Pod over = PodsOf.plain("job");
    over.getStatus().setPhase("Succeeded");
    Pod leaving = PodsOf.plain("old");
    leaving.getMetadata().setDeletionTimestamp("2026-03-01T12:00:00Z");

    assertThat(judge(over, leaving).complaints()).isEmpty();
  }

  @Test
  void who_is_refused_pods_is_named_with_what_it_was_told() {
    var check =
        new InjectionCheck(
            List.of(namespace()),
            List.of(),
            List.of(new Refusal("replicaset shop/web-5d8f", "runAsUser is 1337")),
            INJECTOR);

    assertThat(Judged.by(check).of(CheckId.POD_REFUSED))
        .containsExactly("ERROR replicaset shop/web-5d8f: its pods are refused: runAsUser is 1337");
  }

  @Test
  void a_cluster_without_a_namespace_in_the_mesh_is_told_how_to_begin() {
    var check = new InjectionCheck(List.of(), List.of(), List.of(), INJECTOR);

    assertThat(Judged.by(check).of(CheckId.NAMESPACES))
        .containsExactly("NOTICE no namespace is part of the mesh");
  }

  private static Judged judge(Pod... pods) {
    return Judged.by(new InjectionCheck(List.of(namespace()), List.of(pods), List.of(), INJECTOR));
  }

  private static Namespace namespace() {
    return Judged.object(
        Namespace.class,
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: shop
          labels: {weft.dev/inject: enabled}
          managedFields:
          - manager: kubectl-create
            operation: Update
            time: "2026-03-01T09:00:00Z"
            fieldsV1: {"f:metadata": {"f:labels": {"f:kubernetes.io/metadata.name": {}}}}
          - manager: kubectl-label
            operation: Update
            time: "2026-03-01T11:00:00Z"
            fieldsV1: {"f:metadata": {"f:labels": {"f:weft.dev/inject": {}}}}
        """);
  }
}
