package dev.weft.controlplane.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.weft.controlplane.webhook.injection.Injection.Injected;
import dev.weft.controlplane.webhook.injection.InjectionConfig;
import dev.weft.controlplane.webhook.injection.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What follows from an answer about a pod. */
class PodReviewerTest {
  private final List<String> effects = new ArrayList<>();
  private final PodReviewer reviewer =
      new PodReviewer(
          new InjectorInForce(InjectionConfig.standard("weft-sidecar:1")),
          namespace -> Map.of(),
          new PodEffects() {
            @Override
            public void injected(String namespace) {
              effects.add("injected " + namespace);
            }

            @Override
            public void skipped(String namespace, JsonObject pod, String reason) {
              effects.add("skipped " + namespace + "/" + Json.text(pod, "metadata", "name"));
            }
          });

  @Test
  void the_namespace_of_a_pod_that_opts_in_itself_is_prepared() {
    assertThat(review("enabled", false, false).result()).isEqualTo("patched");
    assertThat(effects).containsExactly("injected shop");
  }

  @Test
  void the_namespace_of_a_pod_that_has_its_sidecar_already_is_prepared() {
    AdmissionRequest bare = request("enabled", false, false);
    var manifest = (Injected) reviewer.inForce().injector().inject(bare.object(), Map.of());

    assertThat(reviewer.review(with(manifest.pod(), bare, true)).result()).isEqualTo("allowed");
    assertThat(effects).isEmpty();
    assertThat(reviewer.review(with(manifest.pod(), bare, false)).result()).isEqualTo("allowed");
    assertThat(effects).containsExactly("injected shop");
  }

  @Test
  void nothing_follows_from_a_dry_run_or_for_a_pod_outside_the_mesh() {
    assertThat(review("enabled", false, true).result()).isEqualTo("patched");
    assertThat(review("", false, false).result()).isEqualTo("allowed");
    assertThat(review("disabled", false, false).result()).isEqualTo("allowed");
    // Who asks for a sidecar and cannot have one is refused, which is an event already.
    assertThat(review("enabled", true, false).result()).isEqualTo("denied");
    assertThat(effects).isEmpty();
  }

  @Test
  void a_pod_of_the_mesh_without_a_sidecar_is_told_of() {
    var labelled =
        new PodReviewer(
            reviewer.inForce(),
            namespace -> Map.of("weft.dev/inject", "enabled"),
            reviewer.effects());

    labelled.review(request("", true, false));

    assertThat(effects).containsExactly("skipped shop/web");
  }

  private static AdmissionRequest with(JsonObject pod, AdmissionRequest like, boolean dryRun) {
    return new AdmissionRequest(
        like.uid(),
        like.kind(),
        like.namespace(),
        like.name(),
        like.operation(),
        pod,
        like.oldObject(),
        dryRun);
  }

  private AdmissionAnswer review(String label, boolean hostNetwork, boolean dryRun) {
    return reviewer.review(request(label, hostNetwork, dryRun));
  }

  private static AdmissionRequest request(String label, boolean hostNetwork, boolean dryRun) {
    String labels = label.isEmpty() ? "" : "\"weft.dev/inject\":\"" + label + "\"";
    return AdmissionRequest.parse(
        """
        {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1",
         "kind":{"kind":"Pod"},"namespace":"shop","operation":"CREATE","dryRun":%s,"object":{
         "metadata":{"name":"web","labels":{%s}},"spec":{"hostNetwork":%s,
         "containers":[{"name":"web","image":"web:1"}]}}}}"""
            .formatted(dryRun, labels, hostNetwork));
  }
}
