package dev.weft.cli.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.dsl.ContainerResource;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** The sidecar of one pod: what its admin port shows, and what it logs. Blocks. */
public final class PodSidecar {
  private static final String CONTAINER = "weft-sidecar";
  private static final int ADMIN_PORT = 15000;
  private static final Duration TIMEOUT = Duration.ofSeconds(15);

  private final MeshCluster cluster;
  private final PodName name;
  private final PodResource pod;

  private PodSidecar(MeshCluster cluster, PodName name, PodResource pod) {
    this.cluster = cluster;
    this.name = name;
    this.pod = pod;
  }

  static PodSidecar find(MeshCluster cluster, PodName name) {
    PodResource resource =
        cluster.client().pods().inNamespace(name.namespace()).withName(name.pod());
    Pod pod;
    try {
      pod = resource.get();
    } catch (KubernetesClientException e) {
      throw cluster.failed("get the pod " + name.pod(), e);
    }
    if (pod == null) {
      throw new ClusterException(
          "there is no pod "
              + name.pod()
              + " in namespace "
              + name.namespace()
              + "; name it as POD.NAMESPACE, or with -n NAMESPACE",
          null);
    }
    boolean has =
        pod.getSpec().getContainers().stream().anyMatch(each -> each.getName().equals(CONTAINER))
            || pod.getSpec().getInitContainers().stream()
                .anyMatch(each -> each.getName().equals(CONTAINER));
    if (!has) {
      throw new ClusterException(
          "the pod "
              + name.pod()
              + " has no sidecar (no container "
              + CONTAINER
              + "): label its namespace weft.dev/inject=enabled and restart it",
          null);
    }
    return new PodSidecar(cluster, name, resource);
  }

  /**
   * A page of its admin port.
   *
   * @param path as in {@code /config}
   * @throws ClusterException when it does not answer
   */
  public String page(String path) {
    LocalPortForward forward = cluster.forward(name.namespace(), name.pod(), ADMIN_PORT);
    URI page = URI.create("http://127.0.0.1:" + forward.getLocalPort() + path);
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(page).timeout(TIMEOUT).build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != HttpURLConnection.HTTP_OK) {
        throw new ClusterException(
            "the sidecar of " + name.pod() + " answered " + answer.statusCode() + " to " + path,
            null);
      }
      return answer.body();
    } catch (IOException e) {
      String problem = cluster.forwardProblem();
      throw new ClusterException(
          "the sidecar of "
              + name.pod()
              + " in namespace "
              + name.namespace()
              + " does not answer: "
              + (problem.isEmpty() ? Causes.deepest(e) : problem),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ClusterException("interrupted", e);
    }
  }

  /**
   * What it has logged.
   *
   * @param lines of the end; 0: all
   * @throws ClusterException when the API server does not give it
   */
  public String logs(int lines) {
    ContainerResource container = pod.inContainer(CONTAINER);
    try {
      return lines == 0 ? container.getLog() : container.tailingLines(lines).getLog();
    } catch (KubernetesClientException e) {
      throw cluster.failed("get the log of " + name.pod(), e);
    }
  }

  /**
   * What it logs, as it comes, until the pod ends.
   *
   * @param lines of the end to begin with; 0: all
   * @throws ClusterException when the API server does not give it
   */
  public InputStream follow(int lines) {
    ContainerResource container = pod.inContainer(CONTAINER);
    try {
      return lines == 0
          ? container.watchLog().getOutput()
          : container.tailingLines(lines).watchLog().getOutput();
    } catch (KubernetesClientException e) {
      throw cluster.failed("follow the log of " + name.pod(), e);
    }
  }
}
