package dev.weft.controlplane.webhook.injection;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What in a pod would break with a sidecar, or go past it without a word. Pure. */
final class Obstacles {
  private Obstacles() {}

  /** Why such a pod cannot have a sidecar at all, or null. */
  static @Nullable String unfit(JsonObject pod) {
    if (Json.truth(pod, "spec", "hostNetwork")) {
      return "spec.hostNetwork is true: the pod uses the node's network, where intercepting would take"
          + " everybody's traffic; without it the pod can join the mesh";
    }
    if (Json.text(pod, "spec", "os", "name").equals("windows")
        || Json.text(pod, "spec", "nodeSelector", "kubernetes.io/os").equals("windows")) {
      return "the pod runs on Windows, and the sidecar is for Linux only";
    }
    return null;
  }

  /** What its author has to change; none: it can have a sidecar. */
  static List<String> in(JsonObject pod) {
    var found = new ArrayList<String>();
    if (Json.objects(pod, "spec", "containers").isEmpty()) {
      found.add("spec.containers is missing, expected a list of at least one container");
    }
    for (String list : List.of("initContainers", "containers")) {
      int index = 0;
      for (JsonObject container : Json.objects(pod, "spec", list)) {
        container(found, pod, "spec." + list + "[" + index + "]", container);
        index++;
      }
    }
    int index = 0;
    for (JsonObject volume : Json.objects(pod, "spec", "volumes")) {
      String name = Json.text(volume, "name");
      if (SidecarTemplate.VOLUMES.contains(name)) {
        found.add(ours("spec.volumes[" + index + "].name", name));
      }
      index++;
    }
    return found;
  }

  private static void container(
      List<String> found, JsonObject pod, String at, JsonObject container) {
    String name = Json.text(container, "name");
    if (name.equals(SidecarTemplate.SIDECAR) || name.equals(SidecarTemplate.INIT)) {
      found.add(ours(at + ".name", name));
    }
    int index = 0;
    for (JsonObject port : Json.objects(container, "ports")) {
      int number = number(Json.at(port, "containerPort"));
      boolean tcp = List.of("", "TCP").contains(Json.text(port, "protocol"));
      if (tcp && number >= SidecarTemplate.FIRST_PORT && number <= SidecarTemplate.LAST_PORT) {
        found.add(
            at
                + ".ports["
                + index
                + "].containerPort is "
                + number
                + ", expected a port outside 15000 to 15099, which are the sidecar's");
      }
      index++;
    }
    user(found, pod, at, container, "runAsUser");
    user(found, pod, at, container, "runAsGroup");
  }

  /** The sidecar's own user is not intercepted, so that an application with it would not be. */
  private static void user(
      List<String> found, JsonObject pod, String at, JsonObject container, String field) {
    JsonElement own = Json.at(container, "securityContext", field);
    JsonElement user = own == null ? Json.at(pod, "spec", "securityContext", field) : own;
    if (number(user) == SidecarTemplate.UID) {
      found.add(
          (own == null ? "spec.securityContext." : at + ".securityContext.")
              + field
              + " is 1337, which is the sidecar's: connections of container "
              + Json.text(container, "name")
              + " would go past the mesh; expected another id");
    }
  }

  private static String ours(String path, String name) {
    return path + " is \"" + name + "\", expected another name: this one is the sidecar's";
  }

  private static int number(@Nullable JsonElement element) {
    String text = element instanceof JsonPrimitive scalar ? scalar.getAsString() : "";
    return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
  }
}
