package dev.weft.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Present;
import org.snakeyaml.engine.v2.api.lowlevel.Serialize;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import org.snakeyaml.engine.v2.schema.Schema;

/**
 * YAML documents as they are written: what is not changed keeps its spelling, so that {@code 0644}
 * stays what it means to kubectl, and {@code "yes"} stays in quotes. Pure.
 */
final class YamlNodes {
  private static final Schema SCHEMA = new CoreSchema();

  /** What kubectl's reader (YAML 1.1) takes for a truth without quotes. */
  private static final Set<String> TRUE = Set.of("true", "yes", "on");

  private static final Set<String> FALSE = Set.of("false", "no", "off");
  private static final Set<String> NOT_TEXT =
      Set.of("true", "yes", "on", "y", "false", "no", "off", "n", "null");

  /** Texts that mean themselves without quotes, to every reader. */
  private static final Pattern PLAIN = Pattern.compile("(--)?[A-Za-z/][A-Za-z0-9._/=:-]*");

  private YamlNodes() {}

  /** Every document of a stream; JSON is YAML too. */
  static List<Node> read(String content, String label) {
    LoadSettings settings = LoadSettings.builder().setLabel(label).setSchema(SCHEMA).build();
    var documents = new ArrayList<Node>();
    new Compose(settings).composeAllFromString(content).forEach(documents::add);
    return documents;
  }

  /** One document, without the line that begins it. */
  static String print(Node document) {
    DumpSettings settings =
        DumpSettings.builder()
            .setSchema(SCHEMA)
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setSplitLines(false)
            .setWidth(120)
            .build();
    var events = new Serialize(settings).serializeOne(document);
    return new Present(settings).emitToString(events.iterator());
  }

  /** As a JSON tree, as kubectl would read it. */
  static JsonElement json(Node node) {
    return switch (node) {
      case MappingNode mapping -> {
        var object = new JsonObject();
        for (NodeTuple tuple : mapping.getValue()) {
          object.add(key(tuple), json(tuple.getValueNode()));
        }
        yield object;
      }
      case SequenceNode sequence -> {
        var array = new JsonArray();
        sequence.getValue().forEach(item -> array.add(json(item)));
        yield array;
      }
      case ScalarNode scalar -> scalar(scalar);
      default -> JsonNull.INSTANCE;
    };
  }

  private static JsonElement scalar(ScalarNode scalar) {
    String text = scalar.getValue();
    if (scalar.getScalarStyle() != ScalarStyle.PLAIN) {
      return new JsonPrimitive(text);
    }
    String lower = text.toLowerCase(Locale.ROOT);
    if (scalar.getTag().equals(Tag.NULL)) {
      return JsonNull.INSTANCE;
    }
    if (TRUE.contains(lower) || FALSE.contains(lower)) {
      return new JsonPrimitive(TRUE.contains(lower));
    }
    if (scalar.getTag().equals(Tag.INT) || scalar.getTag().equals(Tag.FLOAT)) {
      try {
        return new JsonPrimitive(new BigDecimal(text));
      } catch (NumberFormatException e) {
        // Octal, hexadecimal, infinite: nothing that is read here is written so.
        return new JsonPrimitive(text);
      }
    }
    return new JsonPrimitive(text);
  }

  /**
   * The document with the operations of a JSON Patch carried out below a path. What lies on the way
   * is copied: a node may stand in several places, by an alias.
   */
  static Node patched(Node document, List<String> path, JsonArray patch) {
    Node result = document;
    for (JsonElement element : patch) {
      JsonObject operation = element.getAsJsonObject();
      var steps = new ArrayList<>(path);
      String pointer = operation.get("path").getAsString();
      for (String step : pointer.substring(1).split("/", -1)) {
        steps.add(step.replace("~1", "/").replace("~0", "~"));
      }
      result = changed(result, steps, operation);
    }
    return result;
  }

  private static Node changed(Node node, List<String> steps, JsonObject operation) {
    String step = steps.getFirst();
    List<String> rest = steps.subList(1, steps.size());
    boolean last = rest.isEmpty();
    String name = operation.get("op").getAsString();
    if (node instanceof SequenceNode sequence) {
      var items = new ArrayList<>(sequence.getValue());
      int index = Integer.parseInt(step);
      if (!last) {
        items.set(index, changed(items.get(index), rest, operation));
      } else if (name.equals("remove")) {
        items.remove(index);
      } else if (name.equals("add")) {
        items.add(index, node(operation.get("value")));
      } else {
        items.set(index, node(operation.get("value")));
      }
      return new SequenceNode(sequence.getTag(), items, sequence.getFlowStyle());
    }
    MappingNode mapping = (MappingNode) node;
    var tuples = new ArrayList<NodeTuple>();
    boolean found = false;
    for (NodeTuple tuple : mapping.getValue()) {
      if (!key(tuple).equals(step)) {
        tuples.add(tuple);
        continue;
      }
      found = true;
      if (!last) {
        Node value = changed(tuple.getValueNode(), rest, operation);
        tuples.add(new NodeTuple(tuple.getKeyNode(), value));
      } else if (!name.equals("remove")) {
        tuples.add(new NodeTuple(tuple.getKeyNode(), node(operation.get("value"))));
      }
    }
    if (!found) {
      tuples.add(new NodeTuple(text(step), node(operation.get("value"))));
    }
    return new MappingNode(mapping.getTag(), tuples, mapping.getFlowStyle());
  }

  private static String key(NodeTuple tuple) {
    return tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
  }

  private static Node node(JsonElement json) {
    return switch (json) {
      case JsonObject object -> {
        var tuples = new ArrayList<NodeTuple>();
        object
            .entrySet()
            .forEach(e -> tuples.add(new NodeTuple(text(e.getKey()), node(e.getValue()))));
        yield new MappingNode(Tag.MAP, tuples, object.isEmpty() ? FlowStyle.FLOW : FlowStyle.BLOCK);
      }
      case JsonArray array -> {
        var items = new ArrayList<Node>();
        array.forEach(item -> items.add(node(item)));
        yield new SequenceNode(Tag.SEQ, items, array.isEmpty() ? FlowStyle.FLOW : FlowStyle.BLOCK);
      }
      case JsonPrimitive scalar when scalar.isBoolean() ->
          new ScalarNode(Tag.BOOL, scalar.getAsString(), ScalarStyle.PLAIN);
      case JsonPrimitive scalar when scalar.isNumber() -> number(scalar.getAsString());
      case JsonPrimitive scalar -> text(scalar.getAsString());
      default -> new ScalarNode(Tag.NULL, "null", ScalarStyle.PLAIN);
    };
  }

  private static Node number(String text) {
    Tag tag = SCHEMA.getScalarResolver().resolve(text, true);
    return new ScalarNode(tag, text, ScalarStyle.PLAIN);
  }

  private static ScalarNode text(String text) {
    boolean plain =
        PLAIN.matcher(text).matches()
            && !text.endsWith(":")
            && !NOT_TEXT.contains(text.toLowerCase(Locale.ROOT));
    return new ScalarNode(Tag.STR, text, plain ? ScalarStyle.PLAIN : ScalarStyle.DOUBLE_QUOTED);
  }
}
