package dev.weft.bench.cluster;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Weft of a distribution in a cluster. Where {@code WEFT_IMAGE_LOAD} says how an archive gets into
 * the nodes, its images are made, loaded and installed, and taken away at the end; else what is
 * installed is measured, and stays.
 */
public final class Installation implements AutoCloseable {
  private static final List<String> IMAGES = List.of("weft-control-plane", "weft-sidecar");

  private final BenchCluster cluster;
  private final Path home;
  private final boolean ours;

  private Installation(BenchCluster cluster, Path home, boolean ours) {
    this.cluster = cluster;
    this.home = home;
    this.ours = ours;
  }

  /**
   * Installs it, or finds it.
   *
   * @param home the distribution
   * @throws IOException saying what is missing
   */
  public static Installation open(BenchCluster cluster, Path home)
      throws IOException, InterruptedException {
    if (cluster
        .kubectl("", "get", "crd", "httproutes.gateway.networking.k8s.io", "--ignore-not-found")
        .isBlank()) {
      throw new IOException(
          "the cluster has no HTTPRoute: install the definitions of Gateway API, see"
              + " docs/guides/kubernetes.md");
    }
    String load = System.getenv("WEFT_IMAGE_LOAD");
    boolean there = deployed(cluster) != null;
    boolean ours = load != null && !there;
    var installation = new Installation(cluster, home, ours);
    if (load != null) {
      installation.load(load);
    }
    if (ours) {
      cluster.kubectl(installation.printed("install"), "apply", "-f", "-");
    } else if (!there) {
      throw new IOException(
          "Weft is not installed in the cluster, and WEFT_IMAGE_LOAD does not say how images get"
              + " into it: set it to the command that loads an archive, e.g. kind load"
              + " image-archive");
    } else if (load != null) {
      cluster.kubectl(
          "", "rollout", "restart", "-n", BenchCluster.SYSTEM, "deployment/weft-control-plane");
    }
    cluster.kubectl(
        "",
        "rollout",
        "status",
        "-n",
        BenchCluster.SYSTEM,
        "deployment/weft-control-plane",
        "--timeout=180s");
    return installation;
  }

  private void load(String load) throws IOException, InterruptedException {
    cluster.say("making images, and loading them with " + load);
    run(List.of(home.resolve("bin/weft").toString(), "images"));
    for (String name : IMAGES) {
      var command = new ArrayList<>(List.of(load.split(" ")));
      command.add(archive(name).toString());
      run(command);
    }
  }

  private static @Nullable Deployment deployed(BenchCluster cluster) {
    return cluster
        .client
        .apps()
        .deployments()
        .inNamespace(BenchCluster.SYSTEM)
        .withName(BenchCluster.CONTROL_PLANE)
        .get();
  }

  /** The control plane's image, which has an application in it, too. */
  String image() throws IOException {
    Deployment deployment = deployed(cluster);
    if (deployment == null) {
      throw new IOException("the control plane was taken away meanwhile");
    }
    return deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
  }

  /**
   * What an image holds, in bytes of files; 0: its archive is not there.
   *
   * @param name weft-control-plane or weft-sidecar
   */
  public long unpackedBytes(String name) throws IOException {
    return ImageArchiveSize.of(archive(name));
  }

  private Path archive(String name) {
    return home.resolve("images").resolve(name + ".tar");
  }

  private String printed(String command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(home.resolve("bin/weft").toString(), command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("weft " + command + " failed; what it said is above");
    }
    return printed;
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " failed; what it said is above");
    }
  }

  @Override
  public void close() throws IOException {
    if (!ours) {
      return;
    }
    try {
      cluster.kubectl(
          printed("uninstall"), "delete", "--ignore-not-found", "--timeout=120s", "-f", "-");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
