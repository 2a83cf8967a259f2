package dev.weft.controlplane.validate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/** What the schema of {@code TrafficPolicy} fills in, by the path of the field below spec. */
final class PolicyDefaults {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String BARE =
      """
      {"targetRefs": [{"kind": "Service", "name": "web"}],
       "loadBalancer": {"slowStart": {"window": "10s"}, "locality": {}},
       "retry": {},
       "outlierDetection": {},
       "healthCheck": {"http": {}},
       "connectionLimits": {},
       "tls": {"mode": "SIMPLE", "hostname": "example.com", "systemCertificates": true}}
      """;

  private PolicyDefaults() {}

  /** A spec with every block of which something is filled in, and no such field; to be changed. */
  static ObjectNode bare() {
    return (ObjectNode) parse(BARE);
  }

  /** All of them, as the definition has them. */
  static Map<String, JsonNode> all() {
    var all = new TreeMap<String, JsonNode>();
    collect("", JSON.valueToTree(TrafficPolicyCrd.spec()), all);
    return all;
  }

  private static void collect(String path, JsonNode schema, Map<String, JsonNode> all) {
    if (schema.has("default")) {
      all.put(path, schema.get("default"));
    }
    schema
        .path("properties")
        .properties()
        .forEach(
            property ->
                collect(
                    path.isEmpty() ? property.getKey() : path + "." + property.getKey(),
                    property.getValue(),
                    all));
  }

  /** Writes a field that the spec does not have, in a block that it has. */
  static void write(ObjectNode spec, String path, JsonNode value) {
    ObjectNode block = spec;
    String[] steps = path.split("\\.", -1);
    for (int i = 0; i < steps.length - 1; i++) {
      if (!(block.get(steps[i]) instanceof ObjectNode inner)) {
        throw new AssertionError("the bare spec has no block for " + path);
      }
      block = inner;
    }
    if (block.putIfAbsent(steps[steps.length - 1], value) != null) {
      throw new AssertionError("the bare spec has " + path);
    }
  }

  static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError("no JSON: " + json, e);
    }
  }
}
