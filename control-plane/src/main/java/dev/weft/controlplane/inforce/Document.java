package dev.weft.controlplane.inforce;

import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.validate.policy.Kinds;
import org.jspecify.annotations.Nullable;

/** Names a route or a policy. A value. */
public record Document(String kind, String namespace, String name) {
  /** Whether it is told of documents of that kind how they stand with sidecars. */
  public static boolean isCounted(String kind) {
    if (kind.equals(Kinds.TRAFFIC_POLICY)) {
      return true;
    }
    for (HttpRoute.Kind each : HttpRoute.Kind.values()) {
      if (each.kind().equals(kind)) {
        return true;
      }
    }
    return false;
  }

  /** Null: the text names none. */
  static @Nullable Document parse(String text) {
    String[] parts = text.split("/", -1);
    return parts.length == 3 ? new Document(parts[0], parts[1], parts[2]) : null;
  }

  /** {@code KIND/NAMESPACE/NAME}. */
  @Override
  public String toString() {
    return kind + '/' + namespace + '/' + name;
  }
}
