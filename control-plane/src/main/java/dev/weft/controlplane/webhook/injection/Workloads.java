package dev.weft.controlplane.webhook.injection;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where the kinds that make pods keep the pod's template. Pure. */
public final class Workloads {
  private static final List<String> TEMPLATE = List.of("spec", "template");

  private static final Map<String, List<String>> TEMPLATES =
      Map.of(
          "Pod", List.of(),
          "Deployment", TEMPLATE,
          "ReplicaSet", TEMPLATE,
          "ReplicationController", TEMPLATE,
          "StatefulSet", TEMPLATE,
          "DaemonSet", TEMPLATE,
          "Job", TEMPLATE,
          "CronJob", List.of("spec", "jobTemplate", "spec", "template"));

  private Workloads() {}

  /** The path to the pod within an object; null when that kind makes no pods. */
  public static @Nullable List<String> podPath(JsonObject object) {
    String group = Json.text(object, "apiVersion");
    boolean known = group.equals("v1") || group.startsWith("apps/") || group.startsWith("batch/");
    return known ? TEMPLATES.get(Json.text(object, "kind")) : null;
  }
}
