package dev.weft.cli.entry;

import dev.weft.cli.connection.Failures.CommandFailed;
import dev.weft.cli.output.Summary;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Option;

/** For whom an entry of configuration is, as a person says it. */
final class EntryScope {
  /** Where entries for the whole mesh are kept. */
  private static final String MESH_NAMESPACE = "weft-system";

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "default",
      description = "For this namespace; default ${DEFAULT-VALUE}.")
  private String namespace = "";

  @Option(
      names = "--mesh",
      description = "For every namespace; kept in the namespace " + MESH_NAMESPACE + ".")
  private boolean mesh;

  @Option(
      names = "--service",
      paramLabel = "NAME",
      defaultValue = "",
      description = "For the instances of this service only.")
  private String service = "";

  @Option(
      names = {"-l", "--label"},
      paramLabel = "KEY=VALUE",
      split = ",",
      description = "For instances only that have these labels.")
  private Map<String, String> labels = new TreeMap<>();

  boolean mesh() {
    return mesh;
  }

  /**
   * Where the documents are.
   *
   * @throws CommandFailed when it is said in two ways
   */
  String namespace() {
    if (mesh && !(namespace.equals("default") || namespace.equals(MESH_NAMESPACE))) {
      throw new CommandFailed("--mesh is for every namespace, -n for one: give one of them");
    }
    if (mesh && !service.isEmpty()) {
      throw new CommandFailed("--mesh is for every service, --service for one: give one of them");
    }
    return mesh ? MESH_NAMESPACE : namespace;
  }

  /** Empty: every service. */
  String service() {
    return service;
  }

  /** Empty: every instance. */
  Map<String, String> labels() {
    return labels;
  }

  /** As a person names it. */
  String shown() {
    return shown(mesh, namespace, service, labels);
  }

  static String shown(boolean mesh, String namespace, String service, Map<String, String> labels) {
    String who =
        mesh
            ? "the mesh"
            : service.isEmpty() ? "namespace " + namespace : "service " + namespace + "/" + service;
    return labels.isEmpty() ? who : who + ", " + Summary.labels(labels);
  }
}
