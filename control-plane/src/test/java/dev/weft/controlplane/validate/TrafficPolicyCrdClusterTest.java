package dev.weft.controlplane.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real API server makes of the definition of {@code TrafficPolicy}. */
@ClusterTest
class TrafficPolicyCrdClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Path CRD = Path.of("../deploy/k8s/base/crds/trafficpolicies.weft.dev.yaml");

  private static final String STATUS =
      """
      {"status": {"ancestors": [{
        "ancestorRef": {"kind": "Service", "name": "web"},
        "controllerName": "example.com/test",
        "conditions": [
          {"type": "Accepted", "status": "True", "reason": "Accepted", "message": "It is.",
           "lastTransitionTime": "2026-11-01T00:00:00Z"},
          {"type": "weft.dev/InForce", "status": "Unknown", "reason": "Pending", "message": "",
           "lastTransitionTime": "2026-11-01T00:00:00Z"}]}]}}
      """;

  @TempDir private Path folder;
  private Cluster cluster;

  @BeforeEach
  void define(Cluster given) {
    cluster = given;
    cluster.define(CRD);
    // Where there was an older definition, with fewer defaults, it goes on for a moment.
    String few = "{targetRefs: [{kind: Service, name: web}], connectionLimits: {}}";
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> taken(few).path("connectionLimits").has("connectTimeout"));
  }

  @Test
  void each_rule_refuses_what_breaks_it_saying_why_and_takes_what_keeps_it() {
    var softly = new SoftAssertions();
    for (PolicyRules.Rule rule : PolicyRules.ALL) {
      for (String broken : rule.broken()) {
        softly
            .assertThatThrownBy(() -> taken(broken))
            .as(broken)
            .hasMessageContaining("is invalid")
            .hasMessageContaining(rule.message());
      }
      for (String kept : rule.kept()) {
        softly.assertThatCode(() -> taken(kept)).as(kept).doesNotThrowAnyException();
      }
    }
    softly.assertAll();
  }

  @Test
  void what_is_left_out_is_filled_in_and_what_is_said_stays() {
    assertThat(taken(PolicyDefaults.bare().toString())).isEqualTo(filled());
    assertThat(taken(filled().toString())).isEqualTo(filled());
    JsonNode few = taken("{targetRefs: [{kind: Service, name: web}], retry: {attempts: 0}}");
    assertThat(few.path("retry").path("attempts").asInt(-1)).isZero();
    assertThat(few.properties()).as("a block that is not there").hasSize(2);
  }

  @Test
  void a_field_that_nobody_knows_is_refused_and_never_stored() {
    String spec = "{targetRefs: [{kind: Service, name: web}], timeuots: {request: 1s}}";

    assertThatThrownBy(() -> taken(spec)).hasMessageContaining("unknown field \"spec.timeuots\"");
    assertThat(taken(spec, "--validate=ignore").properties()).hasSize(1);
  }

  @Test
  void policies_are_listed_by_short_name_and_category_with_what_became_of_them() {
    cluster.apply(
        PolicyRules.policy("{targetRefs: [{kind: Service, name: web}, {kind: Service, name: b}]}"));
    // Whoever may write policies does not write their status by that.
    cluster.kubectl("patch", "trafficpolicy", "rules", "--type=merge", "-p", STATUS);
    assertThat(cluster.field("trafficpolicy/rules", "{.status}")).doesNotContain("example.com");

    cluster.kubectl(
        "patch", "trafficpolicy", "rules", "--type=merge", "--subresource=status", "-p", STATUS);

    for (String name : List.of("trafficpolicy", "tp", "weft")) {
      // kubectl remembers for a while what the server had before the definition was there.
      await().atMost(PATIENCE).ignoreExceptions().until(() -> table(name).size() == 2);
      List<List<String>> table = table(name);
      assertThat(table.getFirst())
          .as(name)
          .containsExactly("NAME", "TARGET", "ACCEPTED", "IN FORCE", "AGE");
      assertThat(table.getLast().getFirst()).as(name).endsWith("rules");
      assertThat(table.getLast().subList(1, 4)).as(name).containsExactly("web", "True", "Unknown");
      assertThat(table.getLast().get(4)).as(name).matches("[0-9]+[sm].*");
    }
  }

  /** The lines of what {@code kubectl get} prints, each with its columns. */
  private List<List<String>> table(String what) {
    return cluster
        .kubectl("get", what)
        .lines()
        .map(line -> Arrays.asList(line.strip().split(" {2,}", -1)))
        .toList();
  }

  private static ObjectNode filled() {
    ObjectNode spec = PolicyDefaults.bare();
    PolicyDefaults.all().forEach((path, value) -> PolicyDefaults.write(spec, path, value));
    return spec;
  }

  /** The spec as the API server would store it. */
  private JsonNode taken(String spec, String... more) {
    try {
      Path file = Files.writeString(folder.resolve("policy.yaml"), PolicyRules.policy(spec));
      var arguments =
          new ArrayList<>(
              List.of("create", "-f", file.toString(), "--dry-run=server", "-o", "json"));
      arguments.addAll(List.of(more));
      return PolicyDefaults.parse(cluster.kubectl(arguments.toArray(String[]::new))).path("spec");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
