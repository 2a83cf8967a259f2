package dev.weft.controlplane.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.controlplane.model.TrafficPolicy;
import dev.weft.controlplane.validate.policy.InvalidPolicyException;
import dev.weft.controlplane.validate.policy.PolicyObject;
import dev.weft.controlplane.validate.yaml.Place;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyError;
import dev.weft.proto.policy.v1.PolicyKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The schema that Kubernetes checks a TrafficPolicy by, and the decoder, know the same fields,
 * types, bounds and names. {@code -Dweft.write=true} writes the file of {@code deploy/k8s} anew.
 */
class TrafficPolicyCrdTest {
  private static final Path FILE = Path.of("../deploy/k8s/base/crds/trafficpolicies.weft.dev.yaml");

  private static final String VALIDATIONS = "x-kubernetes-validations";
  private static final KnownObjects CATALOG = new KnownObjects().service("catalog", 80);

  /** What else a block needs for the decoder to look at all of it. */
  private static final Map<String, String> COMPANIONS =
      Map.of(
          "healthCheck", "tcp: {}",
          "tls", "mode: SIMPLE, hostname: example.com");

  @Test
  void the_file_is_what_the_definition_says() throws IOException {
    String expected =
        "# Written by TrafficPolicyCrdTest from TrafficPolicyCrd; do not edit.\n"
            + PlainYaml.write(TrafficPolicyCrd.definition());
    if (Boolean.getBoolean("weft.write")) {
      Files.createDirectories(FILE.getParent());
      Files.writeString(FILE, expected);
    }
    assertThat(FILE)
        .as("run this test with -Dweft.write=true to write it anew")
        .hasContent(expected);
  }

  /** One place of the schema: {@code path} is spelled as the decoder's errors spell it. */
  record At(String path, Map<String, Object> schema) {
    @Override
    public String toString() {
      return path.isEmpty() ? "spec" : path;
    }
  }

  static Stream<At> places() {
    var all = new ArrayList<At>();
    collect("", TrafficPolicyCrd.spec(), all);
    return all.stream();
  }

  private static void collect(String path, Map<String, Object> schema, List<At> all) {
    all.add(new At(path, schema));
    properties(schema)
        .forEach((name, child) -> collect(path.isEmpty() ? name : path + "." + name, child, all));
    if (schema.get("items") instanceof Map<?, ?> items) {
      collect(path + "[]", cast(items), all);
    }
  }

  private static Map<String, Map<String, Object>> properties(Map<String, Object> schema) {
    var properties = new java.util.LinkedHashMap<String, Map<String, Object>>();
    if (schema.get("properties") instanceof Map<?, ?> known) {
      known.forEach((name, child) -> properties.put((String) name, cast((Map<?, ?>) child)));
    }
    return properties;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> cast(Map<?, ?> map) {
    return (Map<String, Object>) map;
  }

  /** The decoder says what it expects where it is given what nobody could mean. */
  @ParameterizedTest
  @MethodSource("places")
  void the_decoder_expects_what_the_schema_says(At at) {
    Map<String, Object> schema = at.schema();
    switch (String.valueOf(schema.get("type"))) {
      case "object" -> {
        PolicyError unknown = error(at.path(), "{nonsense: 1}", ".nonsense");
        String known = unknown.getExpected().replaceFirst("^one of ", "");
        assertThat(new TreeSet<>(List.of(known.split(", "))))
            .isEqualTo(
                properties(schema).isEmpty()
                    ? new TreeSet<>(List.of(""))
                    : new TreeSet<>(properties(schema).keySet()));
      }
      case "array" -> {
        int max = (int) schema.getOrDefault("maxItems", 0);
        String tooMany = "[" + "a, ".repeat(max) + "a]";
        int min = (int) schema.getOrDefault("minItems", 0);
        String expected = error(at.path(), tooMany, "").getExpected();
        // A list of reasons may be empty only where nothing is tried.
        assertThat(expected)
            .isIn(
                "a list of at most " + max,
                "a list of " + min + " to " + max,
                at.path().equals("retry.on") ? "a list of 1 to " + max : "");
      }
      case "integer" ->
          assertThat(error(at.path(), "-1", "").getExpected())
              .isEqualTo(
                  "a whole number from " + schema.get("minimum") + " to " + schema.get("maximum"));
      case "boolean" -> assertThat(error(at.path(), "7", "").getExpected()).startsWith("true");
      default -> {
        if (at.path().equals("targetRefs[].group")) {
          return; // Depends on the kind: the rule on targetRefs says which.
        }
        if (schema.get("enum") instanceof List<?> names) {
          assertThat(error(at.path(), "nonsense", "").getExpected())
              .isEqualTo(Place.list(names.stream().map(String.class::cast).toList()));
        } else if (TrafficPolicyCrd.DURATION.equals(schema.get("pattern"))) {
          assertThat(error(at.path(), "1.5s", "").getExpected()).startsWith("a duration such as");
        } else {
          assertThat(error(at.path(), "{a: b}", "").getExpected()).isEqualTo("a string");
        }
      }
    }
  }

  /** Or a policy would mean one thing by kubectl and another by {@code weft apply}. */
  @ParameterizedTest
  @MethodSource("filledIn")
  void the_decoder_takes_what_the_schema_fills_in(Map.Entry<String, JsonNode> field)
      throws InvalidPolicyException {
    ObjectNode filled = PolicyDefaults.bare();
    PolicyDefaults.write(filled, field.getKey(), field.getValue());

    assertThat(decoded(filled.toString())).isEqualTo(decoded(PolicyDefaults.bare().toString()));
  }

  static Stream<Map.Entry<String, JsonNode>> filledIn() {
    return PolicyDefaults.all().entrySet().stream();
  }

  /**
   * What is filled in is said, as if somebody had written it. So nothing is where something else
   * decides about what is absent.
   */
  @Test
  void what_others_decide_about_is_not_filled_in() {
    var left = new TreeSet<String>();
    for (At at : places().toList()) {
      var required = (List<?>) at.schema().getOrDefault("required", List.of());
      properties(at.schema())
          .forEach(
              (name, field) -> {
                boolean block = "object".equals(field.get("type"));
                if (!block && !required.contains(name) && !field.containsKey("default")) {
                  left.add(at.path().isEmpty() ? name : at.path() + "." + name);
                }
              });
    }
    assertThat(left)
        .containsExactlyInAnyOrder(
            // A policy of a wider target, taken field by field.
            "timeouts.request",
            "timeouts.perTry",
            "timeouts.streamIdle",
            "timeouts.tcpIdle",
            "proxyProtocol",
            // The Service's sessionAffinity.
            "loadBalancer.type",
            // The other of the two.
            "outlierDetection.baseEjection",
            "outlierDetection.maxEjection",
            "tls.caCertificates",
            "tls.systemCertificates",
            // The kind.
            "targetRefs[].group",
            // Nobody: absent is no list, or the server as a whole.
            "loadBalancer.locality.failover",
            "retry.grpcStatuses",
            "healthCheck.http.expectedStatuses",
            "healthCheck.grpc.service",
            "tls.subjectAltNames");
  }

  /** What the API server makes of the same specs, {@link TrafficPolicyCrdClusterTest} asks it. */
  @ParameterizedTest
  @MethodSource("rules")
  void the_decoder_refuses_what_breaks_a_rule_and_takes_what_keeps_it(PolicyRules.Rule rule)
      throws InvalidPolicyException {
    for (String broken : rule.broken()) {
      assertThatThrownBy(() -> decoded(broken))
          .as(broken)
          .isInstanceOf(InvalidPolicyException.class);
    }
    for (String kept : rule.kept()) {
      assertThat(decoded(kept).meta().name()).isEqualTo("rules");
    }
  }

  static Stream<PolicyRules.Rule> rules() {
    return PolicyRules.ALL.stream();
  }

  @Test
  void every_rule_has_specs_that_break_it_and_keep_it() {
    List<String> messages =
        places()
            .flatMap(at -> ((List<?>) at.schema().getOrDefault(VALIDATIONS, List.of())).stream())
            .map(rule -> String.valueOf(((Map<?, ?>) rule).get("message")))
            .toList();
    assertThat(rules().map(PolicyRules.Rule::message))
        .containsExactlyInAnyOrderElementsOf(messages);
  }

  private static TrafficPolicy decoded(String spec) throws InvalidPolicyException {
    Policy policy =
        Policy.newBuilder()
            .setKey(
                PolicyKey.newBuilder()
                    .setKind("TrafficPolicy")
                    .setNamespace("default")
                    .setName("rules"))
            .setJson(PolicyRules.policy(spec))
            .build();
    return ((PolicyObject.OfPolicy) DocumentDecoder.decodeStored(policy, 1)).policy();
  }

  /** The decoder's error at {@code path}, where {@code value} stands. */
  private static PolicyError error(String path, String value, String below) {
    String spec = path.isEmpty() ? "" : path;
    String text = document(spec, value);
    String wanted = (spec.isEmpty() ? "spec" : "spec." + spec.replace("[]", "[0]")) + below;
    List<PolicyError> errors =
        DocumentDecoder.decode(
                List.of(Manifest.newBuilder().setName("test").setContent(text).build()), CATALOG)
            .errors();
    return errors.stream()
        .filter(error -> error.getFieldPath().equals(wanted))
        .findFirst()
        .orElseThrow(
            () -> new AssertionError("no error at " + wanted + " of\n" + text + "but " + errors));
  }

  private static String document(String path, String value) {
    String head =
        """
        apiVersion: weft.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: catalog}
        """;
    String target = "targetRefs: [{kind: Service, name: catalog}]";
    if (path.isEmpty()) {
      return head + "spec: {" + target + ", " + value.substring(1) + "\n";
    }
    String[] steps = path.split("\\.");
    String inner = value;
    for (int i = steps.length - 1; i >= 0; i--) {
      String step = steps[i];
      if (step.endsWith("[]")) {
        inner = "[" + inner + "]";
        step = step.substring(0, step.length() - 2);
      }
      String companion = i == 1 ? COMPANIONS.getOrDefault(steps[0], "") : "";
      boolean needed = !companion.isEmpty() && !companion.contains(step + ":");
      inner = "{" + (needed ? companion + ", " : "") + "\"" + step + "\": " + inner + "}";
    }
    boolean ofTargets = path.startsWith("targetRefs");
    return head + "spec: {" + (ofTargets ? "" : target + ", ") + inner.substring(1) + "\n";
  }
}
