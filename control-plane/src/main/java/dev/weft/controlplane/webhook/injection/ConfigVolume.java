package dev.weft.controlplane.webhook.injection;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The volume by which the sidecar gives the application its configuration as files: written by the
 * sidecar, read by all others. Pure.
 */
final class ConfigVolume {
  static final String NAME = "weft-app-config";

  /** Where the sidecar has it: not where the others do, which may be where it has its own files. */
  static final String DIRECTORY = "/etc/weft/config";

  /**
   * Three levels of at most 256 KiB and 128 entries, each file in blocks of the disk's, stay far
   * below it; a pod that gets above it is evicted.
   */
  private static final String SIZE_LIMIT = "16Mi";

  private ConfigVolume() {}

  static JsonObject volume() {
    return Json.of("name", NAME, "emptyDir", Json.of("sizeLimit", SIZE_LIMIT));
  }

  /** What a pod mounts where its configuration is to be; {@code folder} is empty: it wants none. */
  static List<String> obstacles(JsonObject pod, String folder) {
    var found = new ArrayList<String>();
    for (String list : List.of("initContainers", "containers")) {
      int index = 0;
      for (JsonObject container : Json.objects(pod, "spec", list)) {
        int mount = 0;
        for (JsonObject one : Json.objects(container, "volumeMounts")) {
          String path = Json.text(one, "mountPath");
          if (!folder.isEmpty() && meet(plain(folder), plain(path))) {
            String at = "spec." + list + "[" + index + "].volumeMounts[" + mount + "].mountPath";
            found.add(
                PodAnnotations.wrongConfigFolder(
                    folder,
                    "a folder with nothing else mounted at, in or above it: "
                        + at
                        + " is \""
                        + path
                        + "\""));
          }
          mount++;
        }
        index++;
      }
    }
    return found;
  }

  /** Has all that is in the pod so far, which is the application's, see the files. */
  static void mount(JsonObject spec, String folder) {
    if (folder.isEmpty()) {
      return;
    }
    for (String list : List.of("initContainers", "containers")) {
      for (JsonObject container : Json.objects(spec, list)) {
        JsonArray mounts =
            Json.at(container, "volumeMounts") instanceof JsonArray there ? there : new JsonArray();
        mounts.add(Json.of("name", NAME, "mountPath", folder, "readOnly", true));
        container.add("volumeMounts", mounts);
      }
    }
  }

  /** Whether one path is the other, or leads to it. */
  private static boolean meet(List<String> one, List<String> other) {
    int shorter = Math.min(one.size(), other.size());
    return one.subList(0, shorter).equals(other.subList(0, shorter));
  }

  /** The names of a path, which may be spelled with more slashes and dots than it needs. */
  private static List<String> plain(String path) {
    var names = new ArrayList<String>();
    for (String name : path.split("/", -1)) {
      if (name.equals("..") && !names.isEmpty()) {
        names.removeLast();
      } else if (!name.isEmpty() && !name.equals(".") && !name.equals("..")) {
        names.add(name);
      }
    }
    return names;
  }
}
