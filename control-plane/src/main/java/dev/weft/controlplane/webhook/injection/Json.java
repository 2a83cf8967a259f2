package dev.weft.controlplane.webhook.injection;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads and builds JSON trees. What has another type than expected reads as absent. Pure. */
public final class Json {
  private Json() {}

  /**
   * Reads a text that is one JSON object.
   *
   * @throws JsonParseException saying what is wrong with it
   */
  public static JsonObject parse(String text) {
    var reader = new JsonReader(new StringReader(text));
    reader.setStrictness(Strictness.STRICT);
    JsonElement root = JsonParser.parseReader(reader);
    if (!(root instanceof JsonObject object)) {
      throw new JsonParseException("expected a JSON object");
    }
    return object;
  }

  /** The value under a path of names; null when there is none, or a null. */
  public static @Nullable JsonElement at(@Nullable JsonElement from, String... path) {
    JsonElement here = from;
    for (String name : path) {
      here = here instanceof JsonObject object ? object.get(name) : null;
    }
    return here == null || here.isJsonNull() ? null : here;
  }

  /** The object under a path; an empty one, in no tree, when there is none. */
  public static JsonObject object(@Nullable JsonElement from, String... path) {
    return at(from, path) instanceof JsonObject object ? object : new JsonObject();
  }

  /** The scalar under a path as text; empty when there is none. */
  public static String text(@Nullable JsonElement from, String... path) {
    return at(from, path) instanceof JsonPrimitive scalar ? scalar.getAsString() : "";
  }

  /** Whether there is true under a path. */
  static boolean truth(@Nullable JsonElement from, String... path) {
    return at(from, path) instanceof JsonPrimitive scalar
        && scalar.isBoolean()
        && scalar.getAsBoolean();
  }

  /** The objects of the list under a path. */
  public static List<JsonObject> objects(@Nullable JsonElement from, String... path) {
    var objects = new ArrayList<JsonObject>();
    if (at(from, path) instanceof JsonArray array) {
      for (JsonElement item : array) {
        if (item instanceof JsonObject object) {
          objects.add(object);
        }
      }
    }
    return objects;
  }

  /** The texts of the mapping under a path, as labels are. */
  public static Map<String, String> texts(@Nullable JsonElement from, String... path) {
    var texts = new LinkedHashMap<String, String>();
    for (var entry : object(from, path).entrySet()) {
      if (entry.getValue() instanceof JsonPrimitive scalar) {
        texts.put(entry.getKey(), scalar.getAsString());
      }
    }
    return texts;
  }

  /** An object of names and values in turn; a value is a text, a number, a truth or a tree. */
  static JsonObject of(Object... namesAndValues) {
    var object = new JsonObject();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      object.add((String) namesAndValues[i], tree(namesAndValues[i + 1]));
    }
    return object;
  }

  /** A list of values as {@link #of} takes them. */
  static JsonArray list(Iterable<?> values) {
    var array = new JsonArray();
    for (Object value : values) {
      array.add(tree(value));
    }
    return array;
  }

  /** The object of that name within {@code parent}, made when it is absent. */
  static JsonObject child(JsonObject parent, String name) {
    if (at(parent, name) instanceof JsonObject there) {
      return there;
    }
    var made = new JsonObject();
    parent.add(name, made);
    return made;
  }

  private static JsonElement tree(Object value) {
    return switch (value) {
      case JsonElement tree -> tree;
      case String text -> new JsonPrimitive(text);
      case Number number -> new JsonPrimitive(number);
      case Boolean truth -> new JsonPrimitive(truth);
      case Iterable<?> values -> list(values);
      default -> throw new IllegalArgumentException("no JSON: " + value.getClass());
    };
  }
}
