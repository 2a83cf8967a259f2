package dev.weft.controlplane.webhook.injection;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;

/**
 * The difference of two trees as a JSON Patch (RFC 6902): applied to the first it gives the second.
 * Objects are compared by name; lists by what they begin and end with alike, and by place between.
 * Pure.
 */
public final class JsonPatch {
  private final JsonArray operations = new JsonArray();

  private JsonPatch() {}

  /** The operations; none when both are equal. */
  public static JsonArray between(JsonElement from, JsonElement to) {
    var patch = new JsonPatch();
    patch.compare("", from, to);
    return patch.operations;
  }

  private void compare(String path, JsonElement from, JsonElement to) {
    if (from.equals(to)) {
      return;
    }
    if (from instanceof JsonObject before && to instanceof JsonObject after) {
      objects(path, before, after);
    } else if (from instanceof JsonArray before && to instanceof JsonArray after) {
      lists(path, before, after);
    } else {
      operation("replace", path, to);
    }
  }

  private void objects(String path, JsonObject from, JsonObject to) {
    for (String name : from.keySet()) {
      if (!to.has(name)) {
        operations.add(Json.of("op", "remove", "path", path + "/" + escaped(name)));
      }
    }
    for (var entry : to.entrySet()) {
      String child = path + "/" + escaped(entry.getKey());
      JsonElement before = from.get(entry.getKey());
      if (before == null) {
        operation("add", child, entry.getValue());
      } else {
        compare(child, before, entry.getValue());
      }
    }
  }

  private void lists(String path, JsonArray from, JsonArray to) {
    int shorter = Math.min(from.size(), to.size());
    int head = 0;
    while (head < shorter && from.get(head).equals(to.get(head))) {
      head++;
    }
    int tail = 0;
    while (tail < shorter - head
        && from.get(from.size() - 1 - tail).equals(to.get(to.size() - 1 - tail))) {
      tail++;
    }
    int fromEnd = from.size() - tail;
    int toEnd = to.size() - tail;
    int both = Math.min(fromEnd, toEnd);
    for (int i = head; i < both; i++) {
      compare(path + "/" + i, from.get(i), to.get(i));
    }
    for (int i = both; i < toEnd; i++) {
      operation("add", path + "/" + i, to.get(i));
    }
    for (int i = fromEnd - 1; i >= both; i--) {
      operations.add(Json.of("op", "remove", "path", path + "/" + i));
    }
  }

  private void operation(String name, String path, JsonElement value) {
    operations.add(Json.of("op", name, "path", new JsonPrimitive(path), "value", value.deepCopy()));
  }

  private static String escaped(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
