package dev.weft.cli.install;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a kustomization's {@code configMapGenerator}: a ConfigMap whose data are whole files,
 * under their own names, so that a dashboard is a file that Grafana takes as it is. Names get no
 * hash: nothing restarts when a dashboard changes.
 */
final class GeneratedConfigMap {
  private static final Set<String> KNOWN = Set.of("name", "namespace", "files", "options");

  private GeneratedConfigMap() {}

  /**
   * Makes it.
   *
   * @param folder of the kustomization
   * @param options {@code generatorOptions} of the kustomization; null: none
   * @throws InstallFailed when only {@code kubectl -k} could make it
   */
  static ObjectManifest of(Path folder, Map<?, ?> generator, @Nullable Object options) {
    String name = String.valueOf(generator.get("name"));
    if (!KNOWN.containsAll(generator.keySet())) {
      throw new InstallFailed(
          "the ConfigMap " + name + " is made of more than " + KNOWN + ": only kubectl -k can");
    }
    if (!Boolean.TRUE.equals(mapping(options).get("disableNameSuffixHash"))) {
      throw new InstallFailed(
          "the ConfigMap " + name + " would get a hash: expected disableNameSuffixHash");
    }
    var metadata = new LinkedHashMap<String, Object>();
    metadata.put("name", name);
    metadata.put("namespace", String.valueOf(generator.get("namespace")));
    for (String field : List.of("labels", "annotations")) {
      var all = new TreeMap<Object, Object>(mapping(mapping(options).get(field)));
      all.putAll(mapping(mapping(generator.get("options")).get(field)));
      if (!all.isEmpty()) {
        metadata.put(field, all);
      }
    }
    var content = new LinkedHashMap<String, Object>();
    content.put("apiVersion", "v1");
    content.put("kind", "ConfigMap");
    content.put("metadata", metadata);
    var text = new StringBuilder(Kustomization.print(content)).append("data:\n");
    var data = new LinkedHashMap<String, Object>();
    for (Object file : generator.get("files") instanceof List<?> files ? files : List.of()) {
      String value = Kustomization.text(folder.resolve(String.valueOf(file)));
      if (value.isBlank()
          || value.startsWith(" ")
          || !value.stripTrailing().concat("\n").equals(value)) {
        throw new InstallFailed(
            file + " has to begin with no space, and to end with one end of line");
      }
      data.put(String.valueOf(file), value);
      text.append("  ").append(file).append(": |\n");
      value
          .lines()
          .forEach(line -> text.append(line.isEmpty() ? "" : "    ").append(line).append('\n'));
    }
    content.put("data", data);
    return new ObjectManifest(text.toString(), content);
  }

  private static Map<?, ?> mapping(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }
}
