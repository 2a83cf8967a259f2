package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import dev.weft.dist.Distribution.Run;
import dev.weft.testkit.cluster.Cluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Weft in the cluster of {@code KUBECONFIG}, installed from the manifests as a person would do it,
 * once for all classes that take it ({@link InstalledMeshExtension}). Whoever changes it puts it
 * back. For one thread.
 *
 * <p>{@code WEFT_IMAGE_LOAD} is the command that loads an image's archive into the cluster, e.g.
 * {@code kind load image-archive}. The images are made, unless {@code WEFT_IMAGES} is a folder that
 * has them.
 */
final class InstalledMesh implements AutoCloseable {
  private static final Path SOURCES = Path.of("..").toAbsolutePath().normalize();
  static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final String SYSTEM = "--namespace=weft-system";
  private static final String OURS = "app.kubernetes.io/part-of=weft";
  private static final String CONTROL_PLANE = "deployment/weft-control-plane";
  private static final int CONTROL_PLANE_METRICS = 7701;
  private static final int SIDECAR_METRICS = 15021;
  private static final Distribution WEFT = Distribution.built();

  private final Cluster cluster;
  private boolean loaded;
  private boolean installed;

  /**
   * @param cluster for what has no namespace; closed with this
   */
  InstalledMesh(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Installs it, where it is not; returns when the control plane is ready. */
  void install() {
    if (installed) {
      return;
    }
    loadImages();
    installed = true;
    restore();
  }

  /**
   * Installs these objects where nothing is installed; returns when the control plane is ready.
   *
   * @param manifests as {@code kubectl kustomize} prints them
   */
  void install(Path manifests) {
    loadImages();
    installed = true;
    apply(manifests);
  }

  /** Makes the installation what these manifests say; returns when the control plane is ready. */
  void apply(Path manifests) {
    cluster.everywhere("apply", "-f", manifests.toString());
    awaitRollout();
  }

  /** Takes back what was changed of the installation. */
  void restore() {
    cluster.everywhere("apply", "-k", SOURCES.resolve("deploy/k8s").toString());
    awaitRollout();
  }

  /**
   * Uninstalls it as the guide says; returns when its objects are gone.
   *
   * @param options what it was installed with
   */
  void uninstall(String... options) {
    if (!installed) {
      return;
    }
    installed = false;
    var command = new ArrayList<>(List.of("uninstall"));
    command.addAll(List.of(options));
    Run printed = WEFT.run(Map.of(), "weft", command.toArray(String[]::new));
    assertThat(printed.exitCode()).as(printed.err()).isZero();
    try {
      Path file = Files.createTempFile("weft-uninstall", ".yaml");
      Files.writeString(file, printed.out());
      cluster.everywhere("delete", "--ignore-not-found", "--timeout=120s", "-f", file.toString());
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cluster.everywhere("delete", "configmap", "--all-namespaces", "-l", OURS);
  }

  /** What of it is in the cluster. */
  static List<String> left(Cluster cluster) {
    return Stream.of(
            "namespaces,clusterroles,clusterrolebindings,customresourcedefinitions",
            "mutatingwebhookconfigurations,validatingwebhookconfigurations",
            "configmaps,secrets,services,pods,persistentvolumeclaims,roles,rolebindings")
        .flatMap(
            kinds ->
                cluster
                    .everywhere("get", kinds, "--all-namespaces", "-l", OURS, "-o", "name")
                    .lines())
        .toList();
  }

  /** Puts a test's namespace into the mesh; pods that are created from now on have a sidecar. */
  void join(Cluster namespace) {
    String name = namespace.namespace();
    cluster.everywhere("label", "namespace", name, "weft.dev/inject=enabled");
    namespace.awaitAccount();
    await()
        .atMost(PATIENCE)
        .until(() -> !namespace.field("configmap/weft-ca", "{.metadata.name}").isEmpty());
  }

  /** Ends the control plane; returns when nothing is left of its pods. */
  void stopControlPlane() {
    cluster.everywhere("scale", SYSTEM, CONTROL_PLANE, "--replicas=0");
    await().atMost(PATIENCE).until(() -> controlPlanePods("{.metadata.name}").isEmpty());
  }

  /** Starts it after {@link #stopControlPlane}; returns when it is ready. */
  void startControlPlane() {
    scaleControlPlane(1);
  }

  /** Has it run so many replicas; returns when they are ready. */
  void scaleControlPlane(int replicas) {
    cluster.everywhere("scale", SYSTEM, CONTROL_PLANE, "--replicas=" + replicas);
    awaitRollout();
  }

  /** The pod of the replica that writes what Kubernetes has; empty: none says so. */
  Optional<String> leader() {
    return controlPlanePods("{.metadata.name}")
        .lines()
        .filter(pod -> controlPlaneMetrics(pod).contains("weft_kubernetes_leading 1.0"))
        .findFirst();
  }

  private String controlPlaneMetrics(String pod) {
    return metrics(cluster, "weft-system", pod, CONTROL_PLANE_METRICS);
  }

  /** Kills a replica where it runs on this machine; false: it does not, or we may not. */
  boolean kill(String pod) {
    return cluster.killStartedWith("--replica-id=" + pod);
  }

  /** Replaces its pods; returns when the new ones are ready. */
  void restartControlPlane() {
    cluster.everywhere("rollout", "restart", SYSTEM, CONTROL_PLANE);
    awaitRollout();
  }

  /** Has it keep its registry in an etcd until {@link #restore}. */
  void keepIn(String etcdEndpoint) {
    cluster.everywhere(
        "patch",
        SYSTEM,
        CONTROL_PLANE,
        "--type=json",
        "--patch="
            + new Gson()
                .toJson(
                    List.of(
                        argument(3, "--store=etcd"),
                        argument(4, "--etcd-endpoints=" + etcdEndpoint))));
    awaitRollout();
  }

  /** As the overlay {@code ha} has it. */
  private static Map<String, String> argument(int index, String value) {
    String path = "/spec/template/spec/containers/0/args/" + index;
    return Map.of("op", "replace", "path", path, "value", value);
  }

  /**
   * Has it reach the API server at another address, under a name that the server's certificate has,
   * until {@link #reachApiServerAsInstalled}.
   */
  void reachApiServerAt(InetSocketAddress address) {
    wayToApiServer(
        """
        [{"ip": "%s", "hostnames": ["kubernetes.default.svc"]}]
        """
            .formatted(address.getHostString()),
        "\"value\": \"kubernetes.default.svc\"",
        "\"value\": \"" + address.getPort() + "\"");
  }

  /** Takes {@link #reachApiServerAt} back. */
  void reachApiServerAsInstalled() {
    String none = "\"$patch\": \"delete\"";
    wayToApiServer("null", none, none);
  }

  private void wayToApiServer(String hostAliases, String host, String port) {
    cluster.everywhere(
        "patch",
        SYSTEM,
        CONTROL_PLANE,
        "--type=strategic",
        "--patch="
            + """
            {"spec": {"template": {"spec": {
              "hostAliases": %s,
              "containers": [{"name": "control-plane", "env": [
                {"name": "KUBERNETES_SERVICE_HOST", %s},
                {"name": "KUBERNETES_SERVICE_PORT", %s}]}]}}}}
            """
                .formatted(hostAliases, host, port));
    awaitRollout();
  }

  /** How often containers of the control plane's pods have been restarted. */
  int controlPlaneRestarts() {
    return controlPlanePods("{.status.containerStatuses[*].restartCount}")
        .lines()
        .filter(line -> !line.isBlank())
        .mapToInt(line -> Integer.parseInt(line.strip()))
        .sum();
  }

  private String controlPlanePods(String jsonPath) {
    return cluster.everywhere(
        "get",
        "pods",
        SYSTEM,
        "-l",
        "app.kubernetes.io/name=weft-control-plane",
        "-o",
        "jsonpath={range .items[*]}" + jsonPath + "{\"\\n\"}{end}");
  }

  private void awaitRollout() {
    cluster.everywhere("rollout", "status", SYSTEM, CONTROL_PLANE, "--timeout=140s");
  }

  /** What pods are injected with: the document in the ConfigMap {@code weft-injector}. */
  String injection() {
    return cluster.everywhere(
        "get", "configmap", SYSTEM, "weft-injector", "-o", "jsonpath={.data.config\\.yaml}");
  }

  /** Changes {@link #injection}; it comes into force within seconds. */
  void changeInjection(UnaryOperator<String> change) {
    String data =
        new Gson().toJson(Map.of("data", Map.of("config.yaml", change.apply(injection()))));
    cluster.everywhere(
        "patch", "configmap", SYSTEM, "weft-injector", "--type=merge", "--patch=" + data);
  }

  /** The control plane's image, as its Deployment names it. */
  String controlPlaneImage() {
    return cluster.everywhere(
        "get", SYSTEM, CONTROL_PLANE, "-o", "jsonpath={.spec.template.spec.containers[0].image}");
  }

  /** The sidecar's image, as pods of the mesh name it. */
  String sidecarImage() {
    return injection()
        .lines()
        .filter(line -> line.startsWith("image:"))
        .map(line -> line.substring("image:".length()).strip())
        .findFirst()
        .orElseThrow();
  }

  /** The archive of an image. */
  static Path archive(String name) {
    String given = System.getenv("WEFT_IMAGES");
    Path folder = given == null ? WEFT.home().resolve("images") : Path.of(given);
    return folder.resolve(name + ".tar");
  }

  /** Loads an image's archive into the cluster. */
  void load(Path archive) {
    var command = new ArrayList<>(loadCommand());
    command.add(archive.toString());
    try {
      Process process = new ProcessBuilder(command).inheritIO().start();
      assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static List<String> loadCommand() {
    String load = System.getenv("WEFT_IMAGE_LOAD");
    assumeTrue(load != null, "needs WEFT_IMAGE_LOAD, the command that loads an image's archive");
    return List.of(load.split(" "));
  }

  private void loadImages() {
    if (loaded) {
      return;
    }
    assertThat(loadCommand()).isNotEmpty();
    if (System.getenv("WEFT_IMAGES") == null) {
      Run made = WEFT.run(Map.of(), "weft", "images");
      assertThat(made.exitCode()).as(made.out() + made.err()).isZero();
    }
    for (String name : List.of("weft-control-plane", "weft-sidecar")) {
      load(archive(name));
    }
    loaded = true;
  }

  /** A file of the examples for Kubernetes, for a test's namespace. */
  static String example(String name, Cluster namespace) {
    try {
      return Files.readString(SOURCES.resolve("examples/kubernetes").resolve(name))
          .replace("namespace: shop", "namespace: " + namespace.namespace());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the sidecar of a pod counts; of the first pod with that label {@code app}. */
  static String metrics(Cluster namespace, String app) {
    String pod =
        namespace.kubectl(
            "get", "pods", "-l", "app=" + app, "-o", "jsonpath={.items[0].metadata.name}");
    return metricsOf(namespace, pod);
  }

  /** What the sidecar of that pod counts. */
  static String metricsOf(Cluster namespace, String pod) {
    return metrics(namespace, namespace.namespace(), pod, SIDECAR_METRICS);
  }

  private static String metrics(Cluster cluster, String namespace, String pod, int port) {
    return cluster.everywhere(
        "get",
        "--raw",
        "/api/v1/namespaces/" + namespace + "/pods/" + pod + ":" + port + "/proxy/metrics");
  }

  /** The pods of a namespace whose sidecars the control plane hears from. */
  List<String> connected(Cluster namespace) {
    return weft("proxy-status")
        .lines()
        .map(line -> line.split(" +"))
        .filter(cells -> cells.length > 1 && cells[1].equals(namespace.namespace()))
        .map(cells -> cells[0])
        .toList();
  }

  /** Runs the distribution's command line on the cluster; it must succeed. */
  String weft(String... arguments) {
    Run run = tryWeft(arguments);
    assertThat(run.exitCode()).as(String.join(" ", arguments) + ": " + run.err()).isZero();
    return run.out();
  }

  /** Runs it, whether it succeeds or not. */
  Run tryWeft(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--kubeconfig", cluster.kubeconfig().toString()));
    return WEFT.run(Map.of(), "weft", all.toArray(String[]::new));
  }

  @Override
  public void close() {
    uninstall();
    cluster.close();
  }
}
