package dev.weft.controlplane.webhook.injection;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A difference, applied, gives what it was made from. */
class JsonPatchTest {
  private static final List<String> NAMES = List.of("a", "b/c", "d~e", "", "f g");

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void applied_to_the_first_it_gives_the_second(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      JsonElement from = object(random, 0);
      JsonElement to = random.nextBoolean() ? object(random, 0) : changed(from, random);
      JsonArray patch = JsonPatch.between(from, to);
      assertThat(Pods.patched(from, patch)).as("%s -> %s by %s", from, to, patch).isEqualTo(to);
    }
  }

  @Test
  void of_equal_trees_it_is_empty() {
    JsonElement tree = object(new Random(7), 0);
    assertThat(JsonPatch.between(tree, tree.deepCopy())).isEmpty();
  }

  @Test
  void what_is_put_in_front_of_a_list_costs_one_operation() {
    JsonObject from = Json.parse("{\"a\":[{\"name\":\"x\"},{\"name\":\"y\"}]}");
    JsonObject to = Json.parse("{\"a\":[{\"name\":\"w\"},{\"name\":\"x\"},{\"name\":\"y\"}]}");

    assertThat(JsonPatch.between(from, to))
        .isEqualTo(
            Json.parse("{\"p\":[{\"op\":\"add\",\"path\":\"/a/0\",\"value\":{\"name\":\"w\"}}]}")
                .get("p"));
  }

  private static JsonElement tree(Random random, int depth) {
    return switch (random.nextInt(depth > 3 ? 4 : 7)) {
      case 0 -> new JsonPrimitive(random.nextInt(4));
      case 1 -> new JsonPrimitive("t" + random.nextInt(4));
      case 2 -> new JsonPrimitive(random.nextBoolean());
      case 3 -> JsonNull.INSTANCE;
      case 4 -> list(random, depth);
      default -> object(random, depth);
    };
  }

  private static JsonObject object(Random random, int depth) {
    var object = new JsonObject();
    for (String name : NAMES) {
      if (random.nextBoolean()) {
        object.add(name, tree(random, depth + 1));
      }
    }
    return object;
  }

  private static JsonArray list(Random random, int depth) {
    var array = new JsonArray();
    int size = random.nextInt(5);
    for (int i = 0; i < size; i++) {
      array.add(tree(random, depth + 1));
    }
    return array;
  }

  /** The tree with a few values exchanged, so that most of it is alike. */
  private static JsonElement changed(JsonElement from, Random random) {
    if (random.nextInt(8) == 0) {
      return tree(random, 2);
    }
    if (from instanceof JsonObject object) {
      var copy = new JsonObject();
      object.entrySet().forEach(e -> copy.add(e.getKey(), changed(e.getValue(), random)));
      return copy;
    }
    if (from instanceof JsonArray array) {
      var copy = new JsonArray();
      for (JsonElement item : array) {
        if (random.nextInt(6) == 0) {
          copy.add(tree(random, 2));
        }
        if (random.nextInt(6) != 0) {
          copy.add(changed(item, random));
        }
      }
      return copy;
    }
    return from;
  }
}
