package dev.weft.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.weft.cli.connection.Failures.CommandFailed;
import dev.weft.cli.document.Manifests;
import dev.weft.controlplane.webhook.injection.Injection.Injected;
import dev.weft.controlplane.webhook.injection.Injection.LeftAlone;
import dev.weft.controlplane.webhook.injection.Injection.Refused;
import dev.weft.controlplane.webhook.injection.Injection.Skipped;
import dev.weft.controlplane.webhook.injection.InjectionConfig;
import dev.weft.controlplane.webhook.injection.InjectionConfigReader;
import dev.weft.controlplane.webhook.injection.Injector;
import dev.weft.controlplane.webhook.injection.InvalidConfigException;
import dev.weft.controlplane.webhook.injection.Json;
import dev.weft.controlplane.webhook.injection.JsonPatch;
import dev.weft.controlplane.webhook.injection.Workloads;
import dev.weft.proto.policy.v1.Manifest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Gives the workloads of manifests their sidecar, as the webhook would, without a cluster. */
@Command(
    name = "inject",
    mixinStandardHelpOptions = true,
    description = {
      "Print manifests with the sidecar in every workload, as the webhook would add it.",
      "Other documents are printed as they are; comments are lost. A pod with weft.dev/inject=disabled"
          + " stays as it is."
    })
final class InjectCommand implements Callable<Integer> {
  /** Whoever names a workload here wants it injected, whatever its namespace says. */
  private static final Map<String, String> WANTED = Map.of(Injector.INJECT, "enabled");

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Manifests manifests = new Manifests();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "What to inject: the ConfigMap weft-injector, or the document in it; default: as installed.")
  private @Nullable Path config;

  @Option(names = "--image", paramLabel = "IMAGE", description = "The sidecar's image.")
  private @Nullable String image;

  @Option(
      names = "--native-sidecars",
      paramLabel = "true|false",
      defaultValue = "true",
      arity = "1",
      description = "Whether the cluster has them (Kubernetes 1.29 and newer); default true.")
  private boolean nativeSidecars;

  private final List<String> problems = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  @Override
  public Integer call() {
    if (manifests.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "say what to inject: -f FILE (or - )");
    }
    var injector = new Injector(configuration(), nativeSidecars);
    var printed = new ArrayList<String>();
    for (Manifest manifest : manifests.read(System.in).getManifestsList()) {
      for (Node document : documents(manifest)) {
        printed.add(YamlNodes.print(injected(injector, document, manifest.getName())));
      }
    }
    PrintWriter err = spec.commandLine().getErr();
    notes.forEach(err::println);
    problems.forEach(problem -> err.println("error: " + problem));
    err.flush();
    if (!problems.isEmpty()) {
      // Nothing is printed: what follows in a pipe is not to apply the half of it.
      return 1;
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(String.join("---\n", printed));
    out.flush();
    return 0;
  }

  private static List<Node> documents(Manifest manifest) {
    try {
      return YamlNodes.read(manifest.getContent(), manifest.getName());
    } catch (YamlEngineException e) {
      throw new CommandFailed(
          "'" + manifest.getName() + "' is not well-formed YAML: " + e.getMessage());
    }
  }

  private Node injected(Injector injector, Node document, String manifest) {
    if (!(YamlNodes.json(document) instanceof JsonObject object)) {
      return document;
    }
    Node result = document;
    if (Json.text(object, "kind").equals("List")) {
      List<JsonObject> items = Json.objects(object, "items");
      for (int i = 0; i < items.size(); i++) {
        result = injected(injector, result, items.get(i), List.of("items", "" + i), manifest);
      }
      return result;
    }
    return injected(injector, result, object, List.of(), manifest);
  }

  private Node injected(
      Injector injector, Node document, JsonObject object, List<String> at, String manifest) {
    List<String> toPod = Workloads.podPath(object);
    if (toPod == null) {
      return document;
    }
    JsonObject pod = Json.object(object, toPod.toArray(String[]::new));
    var path = new ArrayList<>(at);
    path.addAll(toPod);
    String kind = Json.text(object, "kind");
    String name = (manifest + ": " + kind + " " + Json.text(object, "metadata", "name")).strip();
    return switch (injector.inject(pod, WANTED)) {
      case LeftAlone leftAlone -> {
        notes.add(name + ": unchanged: " + leftAlone.why());
        yield document;
      }
      case Injected injected -> {
        notes.add(name + ": injected");
        injected.warnings().forEach(warning -> notes.add("warning: " + name + ": " + warning));
        yield changed(document, path, pod, injected.pod());
      }
      case Skipped skipped -> {
        notes.add("warning: " + name + ": no sidecar: " + skipped.reason());
        yield changed(document, path, pod, skipped.pod());
      }
      case Refused refused -> {
        refused.reasons().forEach(reason -> problems.add(name + ": " + reason));
        yield document;
      }
    };
  }

  private static Node changed(
      Node document, List<String> path, JsonElement before, JsonElement after) {
    return YamlNodes.patched(document, path, JsonPatch.between(before, after));
  }

  private InjectionConfig configuration() {
    InjectionConfig standard =
        InjectionConfig.standard("weft-sidecar:" + VersionCommand.productVersion().orElse("dev"));
    InjectionConfig read = config == null ? standard : read(config, standard);
    return image == null ? read : read.withImage(image);
  }

  private static InjectionConfig read(Path file, InjectionConfig standard) {
    try {
      String content = Files.readString(file);
      for (Node document : YamlNodes.read(content, file.toString())) {
        JsonElement json = YamlNodes.json(document);
        if (Json.text(json, "kind").equals("ConfigMap")) {
          content = Json.text(json, "data", InjectionConfigReader.KEY);
        }
      }
      return InjectionConfigReader.read(file.toString(), content, standard);
    } catch (IOException e) {
      throw new CommandFailed("'" + file + "' cannot be read: " + e);
    } catch (YamlEngineException e) {
      throw new CommandFailed("'" + file + "' is not well-formed YAML: " + e.getMessage());
    } catch (InvalidConfigException e) {
      throw new CommandFailed(String.valueOf(e.getMessage()));
    }
  }
}
