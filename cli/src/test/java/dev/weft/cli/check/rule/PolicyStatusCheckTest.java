package dev.weft.cli.check.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.cli.check.finding.CheckId;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Routes and policies that are not in force are named, with what their status says. */
class PolicyStatusCheckTest {
  @Test
  void what_is_accepted_is_not_named() {
    assertThat(judge(route("True", "Accepted", "fine", 2)).complaints()).isEmpty();
  }

  @Test
  void a_condition_that_is_false_is_named_with_reason_and_message() {
    assertThat(
            judge(route("False", "NoMatchingParent", "There is no Service shop/web.", 2))
                .of(CheckId.POLICY_STATUS))
        .containsExactly(
            "ERROR httproute shop/canary: Accepted is False, NoMatchingParent: There is no Service"
                + " shop/web.");
  }

  @Test
  void a_status_of_an_older_version_is_said_to_be_one() {
    assertThat(judge(route("True", "Accepted", "fine", 1)).of(CheckId.POLICY_UNSEEN))
        .containsExactly(
            "WARNING httproute shop/canary: its status is about an older version of it (condition"
                + " Accepted)");
  }

  @Test
  void an_object_that_nobody_has_seen_is_named() {
    GenericKubernetesResource policy =
        Judged.object(
            GenericKubernetesResource.class,
            """
            apiVersion: weft.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: web, namespace: shop, generation: 1}
            spec: {targetRefs: [{kind: Service, name: web}]}
            """);

    assertThat(judge(policy).of(CheckId.POLICY_UNSEEN))
        .containsExactly(
            "WARNING trafficpolicy shop/web: no control plane has said anything of it");
  }

  @Test
  void routes_of_gateways_are_somebody_elses() {
    GenericKubernetesResource edge =
        Judged.object(
            GenericKubernetesResource.class,
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: edge, namespace: shop, generation: 1}
            spec: {parentRefs: [{name: gateway}]}
            """);

    assertThat(judge(edge).all()).isEmpty();
  }

  private static Judged judge(GenericKubernetesResource object) {
    return Judged.by(new PolicyStatusCheck(List.of(object)));
  }

  private static GenericKubernetesResource route(
      String status, String reason, String message, int observed) {
    return Judged.object(
        GenericKubernetesResource.class,
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: canary, namespace: shop, generation: 2}
        spec: {parentRefs: [{kind: Service, name: web}]}
        status:
          parents:
          - controllerName: example.com/other
            conditions: [{type: Accepted, status: "False", reason: Theirs, message: no}]
          - controllerName: weft.dev/mesh-controller
            conditions:
            - {type: Accepted, status: "%s", reason: %s, message: "%s", observedGeneration: %d}
        """
            .formatted(status, reason, message, observed));
  }
}
