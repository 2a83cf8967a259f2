package dev.weft.cli.install;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * The objects of a folder with a {@code kustomization.yaml}, as {@code kubectl kustomize} builds
 * them, in the order of the files: resources, ConfigMaps of files, and JSON patches, which is all
 * that {@code deploy/k8s} uses; everything else is refused. A test holds it to {@code kubectl}.
 */
final class Kustomization {
  private static final Set<String> KNOWN =
      Set.of(
          "apiVersion", "kind", "resources", "patches", "configMapGenerator", "generatorOptions");

  private Kustomization() {}

  static List<ObjectManifest> read(Path folder) {
    Path file = folder.resolve("kustomization.yaml");
    Map<?, ?> kustomization = mapping(file, parse(file, text(file)));
    var unknown = new TreeSet<String>();
    kustomization.keySet().forEach(key -> unknown.add(String.valueOf(key)));
    unknown.removeAll(KNOWN);
    if (!unknown.isEmpty()) {
      throw new InstallFailed(file + " has " + unknown + ", of which only kubectl -k knows");
    }
    var objects = new ArrayList<ObjectManifest>();
    for (Object resource : list(kustomization, "resources")) {
      Path path = folder.resolve(String.valueOf(resource)).normalize();
      objects.addAll(Files.isDirectory(path) ? read(path) : objects(path));
    }
    for (Object generator : list(kustomization, "configMapGenerator")) {
      objects.add(
          GeneratedConfigMap.of(
              folder, mapping(file, generator), kustomization.get("generatorOptions")));
    }
    for (Object patch : list(kustomization, "patches")) {
      Map<?, ?> fields = mapping(file, patch);
      Path changes = folder.resolve(String.valueOf(fields.get("path")));
      if (!(parse(changes, text(changes)) instanceof List<?> operations)) {
        throw new InstallFailed(changes + " is no list of operations");
      }
      patch(objects, mapping(file, fields.get("target")), operations, changes);
    }
    return objects;
  }

  private static void patch(
      List<ObjectManifest> objects, Map<?, ?> target, List<?> operations, Path file) {
    boolean found = false;
    for (int i = 0; i < objects.size(); i++) {
      ObjectManifest object = objects.get(i);
      if (object.kind().equals(target.get("kind")) && object.name().equals(target.get("name"))) {
        JsonPatch.apply(object.content(), operations);
        objects.set(i, new ObjectManifest(print(object.content()), object.content()));
        found = true;
      }
    }
    if (!found) {
      throw new InstallFailed(file + " is for " + target + ", and there is no such object");
    }
  }

  private static List<ObjectManifest> objects(Path file) {
    var objects = new ArrayList<ObjectManifest>();
    for (String document : text(file).split("(?m)^---\\n")) {
      objects.add(new ObjectManifest(document, mapping(file, parse(file, document))));
    }
    return objects;
  }

  /** An object as YAML in blocks. */
  static String print(Object content) {
    return new Dump(
            DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                .setIndicatorIndent(2)
                .setIndentWithIndicator(true)
                .setWidth(1000)
                .build())
        .dumpToString(content);
  }

  private static Object parse(Path file, String text) {
    Object content =
        new Load(LoadSettings.builder().setLabel(file.toString()).build()).loadFromString(text);
    if (content == null) {
      throw new InstallFailed(file + " has an empty document");
    }
    return content;
  }

  private static Map<?, ?> mapping(Path file, @Nullable Object content) {
    if (content instanceof Map<?, ?> map) {
      return map;
    }
    throw new InstallFailed(file + " has " + content + ", expected a mapping");
  }

  private static List<?> list(Map<?, ?> map, String field) {
    return map.get(field) instanceof List<?> list ? list : List.of();
  }

  /**
   * A file's content.
   *
   * @throws InstallFailed when it cannot be read
   */
  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new InstallFailed(file + " cannot be read: " + e);
    }
  }
}
