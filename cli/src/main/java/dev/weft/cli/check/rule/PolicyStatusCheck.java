package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether routes and policies are in force, by their own status. Pure.
 *
 * @param objects routes of Gateway API and policies of Weft
 */
public record PolicyStatusCheck(List<GenericKubernetesResource> objects) implements Check {
  private static final String CONTROLLER = "weft.dev/mesh-controller";

  /** Copies the list. */
  public PolicyStatusCheck {
    objects = List.copyOf(objects);
  }

  @Override
  public void run(Findings to) {
    int ours = 0;
    for (GenericKubernetesResource object : objects) {
      if (concernsUs(object)) {
        ours++;
        look(to, object);
      }
    }
    if (ours > 0) {
      to.okUnlessFound(CheckId.POLICY_UNSEEN, "each of " + ours + " routes and policies was seen");
      to.okUnlessFound(CheckId.POLICY_STATUS, "each of them is accepted, and finds what it names");
    }
  }

  /** A route of a Gateway only is somebody else's. */
  private static boolean concernsUs(GenericKubernetesResource object) {
    return object.getKind().equals("TrafficPolicy")
        || maps(object.get("spec", "parentRefs")).stream()
            .anyMatch(parent -> "Service".equals(parent.get("kind")));
  }

  private static void look(Findings to, GenericKubernetesResource object) {
    String subject = object.getKind().toLowerCase(Locale.ROOT) + " " + Pods.key(object);
    var entries = new ArrayList<Map<?, ?>>();
    entries.addAll(maps(object.get("status", "parents")));
    entries.addAll(maps(object.get("status", "ancestors")));
    entries.removeIf(entry -> !CONTROLLER.equals(entry.get("controllerName")));
    if (entries.isEmpty()) {
      to.warning(
          CheckId.POLICY_UNSEEN,
          subject,
          "no control plane has said anything of it",
          "if it is newer than ten seconds, run the check again; else look at control-plane, leader"
              + " and source here");
    }
    Long generation = object.getMetadata().getGeneration();
    for (Map<?, ?> entry : entries) {
      for (Map<?, ?> condition : maps(entry.get("conditions"))) {
        condition(to, subject, condition, generation == null ? 0 : generation);
      }
    }
  }

  private static void condition(Findings to, String subject, Map<?, ?> condition, long generation) {
    String type = text(condition, "type");
    if (condition.get("observedGeneration") instanceof Number seen
        && seen.longValue() < generation) {
      to.warning(
          CheckId.POLICY_UNSEEN,
          subject,
          "its status is about an older version of it (condition " + type + ")",
          "run the check again in ten seconds; then look at leader and source here");
    }
    if (!text(condition, "status").equals("False")) {
      return;
    }
    String message =
        type + " is False, " + text(condition, "reason") + ": " + text(condition, "message");
    if (type.equals("Accepted") || type.equals("ResolvedRefs")) {
      to.error(
          CheckId.POLICY_STATUS,
          subject,
          message,
          "change what the message names; kubectl describe shows the whole status");
    } else {
      to.warning(
          CheckId.POLICY_STATUS,
          subject,
          message,
          "sidecars named there did not take it: weft proxy-status says why");
    }
  }

  private static String text(Map<?, ?> map, String field) {
    Object value = map.get(field);
    return value == null ? "" : value.toString();
  }

  private static List<Map<?, ?>> maps(@Nullable Object value) {
    var maps = new ArrayList<Map<?, ?>>();
    if (value instanceof List<?> list) {
      for (Object item : list) {
        if (item instanceof Map<?, ?> map) {
          maps.add(map);
        }
      }
    }
    return maps;
  }
}
