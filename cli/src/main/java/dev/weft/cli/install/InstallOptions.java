package dev.weft.cli.install;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is printed: the options that the three commands share. */
final class InstallOptions {
  /** Our images as {@code deploy/k8s} names them. */
  private static final Pattern IMAGE =
      Pattern.compile("(?<=image: )(weft-control-plane|weft-sidecar):(\\S+)");

  /** What stands before our image's name. */
  private static final Pattern INSTALLED = Pattern.compile("(.+)/weft-control-plane[:@].*");

  private static final String DEFAULT_OVERLAY = "try";

  @Option(
      names = "--overlay",
      paramLabel = "NAME",
      description = "try: one replica with the embedded store (default); ha: two, on etcd.")
  private @Nullable String overlay;

  @Option(
      names = "--dashboards",
      description = "With the dashboards for Grafana and the alerting rules for Prometheus.")
  private boolean dashboards;

  @Option(
      names = "--image-tag",
      paramLabel = "TAG",
      description = "The images' tag (the version of Weft).")
  private @Nullable String tag;

  @Option(
      names = "--image-repository",
      paramLabel = "NAME",
      description = "What stands before the images' names, e.g. registry.example.com/weft.")
  private String repository = "";

  /**
   * These options where they were given, and what an installation was told where they were not.
   *
   * @param image of the control plane that is installed
   */
  InstallOptions over(String image, boolean etcd) {
    var both = new InstallOptions();
    both.overlay = overlay == null ? etcd ? "ha" : "try" : overlay;
    both.dashboards = dashboards;
    both.tag = tag;
    Matcher found = INSTALLED.matcher(image);
    both.repository = repository.isEmpty() && found.matches() ? found.group(1) : repository;
    return both;
  }

  /** Whether the images' repository was given. */
  boolean namesRepository() {
    return !repository.isEmpty();
  }

  /** The overlay's name. */
  String overlay() {
    return overlay == null ? DEFAULT_OVERLAY : overlay;
  }

  /**
   * The objects in the order in which they can be applied.
   *
   * @throws InstallFailed when there is no such overlay, or no distribution
   */
  List<ObjectManifest> objects() {
    String overlay = overlay();
    Path overlays = Path.of(System.getProperty("weft.home", ""), "k8s", "overlays");
    Path folder = overlays.resolve(overlay);
    if (!Files.isDirectory(overlays)) {
      throw new InstallFailed(
          "there is no folder "
              + overlays
              + ": start weft with ./weft, or bin/weft of a distribution");
    }
    if (!overlay.matches("[a-z0-9-]+") || !Files.isDirectory(folder)) {
      throw new InstallFailed(
          "there is no overlay \"" + overlay + "\", expected " + names(overlays));
    }
    List<ObjectManifest> objects = new ArrayList<>(Kustomization.read(folder));
    if (dashboards) {
      objects.addAll(Kustomization.read(overlays.resolveSibling("dashboards")));
    }
    return objects;
  }

  private static String names(Path overlays) {
    try (Stream<Path> folders = Files.list(overlays)) {
      return folders
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .collect(Collectors.joining(" or "));
    } catch (IOException e) {
      return "try or ha";
    }
  }

  /** The text of an object with the images that were asked for. */
  String text(ObjectManifest object) {
    String text =
        IMAGE
            .matcher(object.text())
            .replaceAll(
                found ->
                    (repository.isEmpty() ? "" : repository + "/")
                        + found.group(1)
                        + ":"
                        + (tag == null ? found.group(2) : tag));
    return text.endsWith("\n") ? text : text + "\n";
  }
}
