package dev.weft.controlplane.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.weft.controlplane.validate.KnownObjects;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Validation;
import dev.weft.controlplane.webhook.injection.Pods;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is denied, what is warned of, and what is not ours to judge. */
class PolicyReviewerTest {
  private static final String BAD = "rules: [{matches: [{path: {type: Exact, value: nope}}]}]";
  private static final String TO_SERVICE = "parentRefs: [{kind: Service, group: '', name: web}]";

  private Validation mode = Validation.DENY;
  private final PolicyReviewer reviewer =
      new PolicyReviewer(() -> KnownObjects.NOTHING, () -> mode);

  @Test
  void what_is_malformed_is_denied_with_the_path_and_what_was_expected() {
    AdmissionAnswer answer = create(route(TO_SERVICE, BAD));

    assertThat(answer.allowed()).isFalse();
    assertThat(answer.message())
        .contains("spec.rules[0].matches[0].path.value is \"nope\", expected");
  }

  @ParameterizedTest
  @MethodSource("refused")
  void each_kind_is_denied_with_the_path_of_its_field_and_warned_of_by_it(RefusedPolicy policy) {
    Kinds.Served kind = Objects.requireNonNull(Kinds.served(policy.kind()));
    JsonObject object = Pods.read(policy.manifest(kind.apiVersions().getFirst()));

    AdmissionAnswer denied = create(object);
    mode = Validation.WARN;
    AdmissionAnswer warned = create(object);

    assertThat(denied.allowed()).isFalse();
    assertThat(denied.message()).startsWith(policy.path() + " ");
    assertThat(warned.allowed()).isTrue();
    assertThat(warned.warnings()).anyMatch(warning -> warning.startsWith(policy.path() + " "));
  }

  static List<RefusedPolicy> refused() {
    return RefusedPolicy.ALL;
  }

  @Test
  void a_reference_to_nothing_is_a_warning_since_the_order_of_objects_is_free() {
    AdmissionAnswer answer =
        create(route(TO_SERVICE, "rules: [{backendRefs: [{name: web, port: 80}]}]"));

    assertThat(answer.allowed()).isTrue();
    assertThat(answer.warnings())
        .hasSize(2)
        .anyMatch(warning -> warning.startsWith("spec.rules[0].backendRefs[0].name "));
  }

  @Test
  void an_unknown_field_is_denied_with_the_near_miss() {
    AdmissionAnswer answer =
        create(
            object(
                "weft.dev/v1alpha1",
                "TrafficPolicy",
                "targetRef: {group: '', kind: Service, name: web}\ntimeuots: {request: 1s}"));

    assertThat(answer.allowed()).isFalse();
    assertThat(answer.message()).contains("did you mean \"timeouts\"?");
  }

  @Test
  void a_route_of_a_gateway_is_not_ours() {
    assertThat(create(route("parentRefs: [{name: edge}]", BAD)).allowed()).isTrue();
    assertThat(create(route("{}", BAD)).allowed()).isTrue();
    assertThat(
            create(route("parentRefs: [{kind: Service, group: '', name: web}, {name: edge}]", BAD))
                .allowed())
        .isTrue();
  }

  @Test
  void a_service_of_kubernetes_is_never_stopped() {
    assertThat(create(object("v1", "Service", "ports: no")).allowed()).isTrue();
  }

  @Test
  void what_is_stored_already_can_be_labelled_and_deleted_whatever_is_wrong_with_it() {
    JsonObject bad = route(TO_SERVICE, BAD);
    JsonObject labelled = bad.deepCopy();
    labelled.getAsJsonObject("metadata").add("labels", Pods.read("a: b"));
    JsonObject changed = route(TO_SERVICE, BAD + "\nhostnames: [a.example]");
    JsonObject leaving = changed.deepCopy();
    leaving.getAsJsonObject("metadata").addProperty("deletionTimestamp", "2026-11-21T18:00:00Z");

    assertThat(update(bad, labelled).allowed()).isTrue();
    assertThat(update(bad, changed).allowed()).isFalse();
    assertThat(update(bad, leaving).allowed()).isTrue();
  }

  @Test
  void it_can_be_made_to_warn_or_turned_off() {
    mode = Validation.WARN;
    AdmissionAnswer warned = create(route(TO_SERVICE, BAD));
    mode = Validation.OFF;
    AdmissionAnswer off = create(route(TO_SERVICE, BAD));

    assertThat(warned.allowed()).isTrue();
    assertThat(warned.warnings()).anySatisfy(w -> assertThat(w).contains("path.value"));
    assertThat(off).isEqualTo(AdmissionAnswer.allow());
  }

  @Test
  void a_name_that_is_drawn_later_is_no_error() {
    JsonObject route = route(TO_SERVICE, "rules: []");
    JsonObject metadata = route.getAsJsonObject("metadata");
    metadata.remove("name");
    metadata.addProperty("generateName", "canary-");

    assertThat(create(route).message()).doesNotContain("metadata");
  }

  private AdmissionAnswer create(JsonObject object) {
    return reviewer.review(request("CREATE", object, new JsonObject()));
  }

  private AdmissionAnswer update(JsonObject before, JsonObject after) {
    return reviewer.review(request("UPDATE", after, before));
  }

  private static AdmissionRequest request(String operation, JsonObject object, JsonObject old) {
    return new AdmissionRequest(
        "u-1", object.get("kind").getAsString(), "shop", "", operation, object, old, false);
  }

  private static JsonObject route(String parents, String rules) {
    return object("gateway.networking.k8s.io/v1", "HTTPRoute", parents + "\n" + rules);
  }

  private static JsonObject object(String apiVersion, String kind, String spec) {
    return Pods.read(
        "apiVersion: "
            + apiVersion
            + "\nkind: "
            + kind
            + "\nmetadata: {name: one, namespace: shop}\nspec:\n"
            + (spec.startsWith("{}") ? spec.substring(3) : spec).indent(2));
  }
}
