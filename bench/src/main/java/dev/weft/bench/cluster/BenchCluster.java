package dev.weft.bench.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/** The cluster of {@code KUBECONFIG}, with a namespace of the bench's own. */
public final class BenchCluster implements AutoCloseable {
  /** Where the bench's applications are. */
  public static final String NAMESPACE = "weft-bench";

  static final String SYSTEM = "weft-system";
  static final String CONTROL_PLANE = "weft-control-plane";

  private static final int CONNECT_MILLIS = 1_000;
  private static final int ANSWER_SECONDS = 60;

  final KubernetesClient client;
  private final PrintWriter out;
  private final String server;
  private final List<LocalPortForward> forwards = new ArrayList<>();

  private BenchCluster(KubernetesClient client, PrintWriter out) {
    this.client = client;
    this.out = out;
    server = client.getMasterUrl().toString().replaceFirst("/$", "");
  }

  /**
   * Opens it; nothing is asked of it yet.
   *
   * @throws IOException saying what to set
   */
  public static BenchCluster open(PrintWriter out) throws IOException {
    String files = System.getenv("KUBECONFIG");
    if (files == null || files.isBlank()) {
      throw new IOException(
          "the bench k8s needs Kubernetes: set KUBECONFIG to the file of a cluster that may be"
              + " changed");
    }
    Path file = Path.of(files.split(Pattern.quote(File.pathSeparator), -1)[0]);
    if (!Files.isReadable(file)) {
      throw new IOException("there is no kubeconfig " + file + ", which KUBECONFIG names");
    }
    Config config = Config.fromKubeconfig(file.toFile());
    return new BenchCluster(new KubernetesClientBuilder().withConfig(config).build(), out);
  }

  void say(String text) {
    out.println(text);
    out.flush();
  }

  /** Makes the namespace, in the mesh, after deleting what an earlier run has left of it. */
  void createNamespace() throws IOException, InterruptedException {
    deleteNamespace();
    kubectl("", "create", "namespace", NAMESPACE);
    kubectl("", "label", "namespace", NAMESPACE, "weft.dev/inject=enabled");
  }

  void deleteNamespace() throws IOException, InterruptedException {
    kubectl("", "delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=120s");
  }

  /**
   * Runs kubectl, for what is not measured.
   *
   * @param input for its standard input
   * @throws IOException with what it complains of when it fails
   */
  String kubectl(String input, String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of(arguments));
    Path errors = Files.createTempFile("weft-bench-", ".txt");
    try {
      Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
      try (OutputStream in = process.getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.UTF_8));
      }
      String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + Files.readString(errors).strip());
      }
      return printed;
    } finally {
      Files.delete(errors);
    }
  }

  /** The answer to a GET of the API server. */
  String get(String path) throws IOException, InterruptedException {
    return send(client.getHttpClient().newHttpRequestBuilder().uri(server + path).build(), path);
  }

  /** What {@code kubectl apply --server-side} sends: one request, on a connection that is kept. */
  void apply(String path, String yaml) throws IOException, InterruptedException {
    send(
        client
            .getHttpClient()
            .newHttpRequestBuilder()
            .uri(server + path + "?fieldManager=weft-bench&force=true")
            .method("PATCH", "application/apply-patch+yaml", yaml)
            .build(),
        path);
  }

  /** The answer to a POST of JSON. */
  String post(String path, String json) throws IOException, InterruptedException {
    return send(
        client
            .getHttpClient()
            .newHttpRequestBuilder()
            .uri(server + path)
            .post("application/json", json)
            .build(),
        path);
  }

  private String send(HttpRequest request, String path) throws IOException, InterruptedException {
    try {
      HttpResponse<String> answer =
          client
              .getHttpClient()
              .sendAsync(request, String.class)
              .get(ANSWER_SECONDS, TimeUnit.SECONDS);
      if (!answer.isSuccessful()) {
        throw new IOException(
            "the API server answers " + answer.code() + " to " + path + ": " + answer.body());
      }
      return answer.body();
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the API server does not answer to " + path + ": " + e, e);
    }
  }

  List<Pod> pods(String namespace, String label, String value) {
    return client.pods().inNamespace(namespace).withLabel(label, value).list().getItems();
  }

  List<Pod> controlPlanes() {
    return pods(SYSTEM, "app.kubernetes.io/name", CONTROL_PLANE);
  }

  /**
   * A way to a pod's port: its own address where that is reached from here, else a port-forward of
   * the API server, which costs a millisecond or more.
   */
  InetSocketAddress reach(Pod pod, int port) {
    var direct = new InetSocketAddress(pod.getStatus().getPodIP(), port);
    try (var socket = new Socket()) {
      socket.connect(direct, CONNECT_MILLIS);
      return direct;
    } catch (IOException e) {
      LocalPortForward forward =
          client
              .pods()
              .inNamespace(pod.getMetadata().getNamespace())
              .withName(pod.getMetadata().getName())
              .portForward(port);
      forwards.add(forward);
      say(
          "("
              + pod.getMetadata().getName()
              + ":"
              + port
              + " through the API server's port-forward)");
      return new InetSocketAddress("127.0.0.1", forward.getLocalPort());
    }
  }

  @Override
  public void close() throws IOException {
    for (LocalPortForward forward : forwards) {
      forward.close();
    }
    client.close();
  }
}
