package dev.weft.cli.install;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A JSON patch (RFC 6902) on maps and lists, as far as kustomizations use it: add, replace, remove.
 */
final class JsonPatch {
  private static final Set<String> OPERATIONS = Set.of("add", "replace", "remove");

  private JsonPatch() {}

  /**
   * Changes {@code document} in place.
   *
   * @throws InstallFailed when an operation is unknown, or its path leads nowhere
   */
  static void apply(Object document, List<?> operations) {
    for (Object operation : operations) {
      if (!(operation instanceof Map<?, ?> fields)) {
        throw new InstallFailed("a patch has " + operation + ", expected op, path and value");
      }
      String op = String.valueOf(fields.get("op"));
      if (!OPERATIONS.contains(op)) {
        throw new InstallFailed("a patch has the operation " + op + ", which is unknown");
      }
      String path = String.valueOf(fields.get("path"));
      try {
        apply(document, op, path, fields.get("value"));
      } catch (ClassCastException | IndexOutOfBoundsException | NumberFormatException e) {
        throw new InstallFailed("a patch names " + path + ", which is not there");
      }
    }
  }

  private static void apply(Object document, String op, String path, @Nullable Object value) {
    String[] steps = path.substring(1).split("/", -1);
    Object parent = document;
    for (int i = 0; i < steps.length - 1; i++) {
      parent = child(parent, plain(steps[i]), path);
    }
    String last = plain(steps[steps.length - 1]);
    if (!op.equals("add")) {
      child(parent, last, path);
    }
    if (parent instanceof Map<?, ?> map) {
      Map<Object, @Nullable Object> fields = mutable(map);
      if (op.equals("remove")) {
        fields.remove(last);
      } else {
        fields.put(last, value);
      }
    } else {
      List<@Nullable Object> items = mutable((List<?>) parent);
      int index = last.equals("-") ? items.size() : Integer.parseInt(last);
      switch (op) {
        case "add" -> items.add(index, value);
        case "replace" -> items.set(index, value);
        default -> items.remove(index);
      }
    }
  }

  private static Object child(Object parent, String step, String path) {
    Object child =
        parent instanceof Map<?, ?> map
            ? map.get(step)
            : ((List<?>) parent).get(Integer.parseInt(step));
    if (child == null) {
      throw new InstallFailed("a patch names " + path + ", which is not there");
    }
    return child;
  }

  private static String plain(String step) {
    return step.replace("~1", "/").replace("~0", "~");
  }

  @SuppressWarnings("unchecked")
  private static Map<Object, @Nullable Object> mutable(Map<?, ?> map) {
    return (Map<Object, @Nullable Object>) map;
  }

  @SuppressWarnings("unchecked")
  private static List<@Nullable Object> mutable(List<?> list) {
    return (List<@Nullable Object>) list;
  }
}
