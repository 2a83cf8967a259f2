package dev.weft.controlplane.webhook.injection;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.ToNumberPolicy;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/** Pods as tests write them: YAML, to and from trees. */
public final class Pods {
  private static final Gson GSON =
      new GsonBuilder()
          .setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE)
          .serializeNulls()
          .create();

  private static final ObjectMapper JACKSON = new ObjectMapper();

  private Pods() {}

  /** One document. */
  public static JsonObject read(String yaml) {
    Object value = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    return GSON.toJsonTree(value).getAsJsonObject();
  }

  /**
   * A pod called web of one container called web, with more lines for its metadata and its spec.
   */
  public static JsonObject web(String metadata, String spec) {
    return read(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n"
            + metadata.indent(2)
            + "spec:\n"
            + spec.indent(2)
            + (spec.contains("containers:")
                ? ""
                : "  containers:\n  - name: web\n    image: web:1\n"));
  }

  static String print(JsonElement tree) {
    var settings =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setSplitLines(false)
            .setIndicatorIndent(2)
            .setIndentWithIndicator(true)
            .build();
    return new Dump(settings).dumpToString(GSON.fromJson(tree, Object.class));
  }

  /** A copy of a tree with the operations of a JSON Patch carried out, by another's library. */
  public static JsonElement patched(JsonElement tree, JsonArray patch) {
    try {
      JsonNode result =
          io.fabric8.zjsonpatch.JsonPatch.apply(
              JACKSON.readTree(patch.toString()), JACKSON.readTree(tree.toString()));
      return JsonParser.parseString(result.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static Map<String, String> labelled() {
    return Map.of("weft.dev/inject", "enabled");
  }
}
