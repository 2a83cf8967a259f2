package dev.weft.controlplane.webhook.injection;

import com.google.gson.JsonObject;
import java.util.List;

/** What came of a pod. Immutable, but for the trees, which belong to the caller. */
public sealed interface Injection {
  /**
   * It has a sidecar now.
   *
   * @param warnings what its author should know; none of it harms the pod
   */
  record Injected(JsonObject pod, List<String> warnings) implements Injection {
    public Injected {
      warnings = List.copyOf(warnings);
    }
  }

  /** It stays as it is: not in the mesh, or injected before. */
  record LeftAlone(String why) implements Injection {}

  /**
   * It cannot have a sidecar, and does not ask for one itself: it goes without, and says why.
   *
   * @param pod with the reason as an annotation
   */
  record Skipped(JsonObject pod, String reason) implements Injection {}

  /** It must not be created so; each reason says what is wrong and what to do. */
  record Refused(List<String> reasons) implements Injection {
    public Refused {
      reasons = List.copyOf(reasons);
    }
  }
}
