package dev.weft.bench.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * From before a pod is created until it is Ready, as a watch shows it: pods with a sidecar and
 * their twins without, in turn. Their one container does nothing.
 *
 * @param injected with a sidecar
 * @param plain without
 */
public record PodStarts(Percentiles injected, Percentiles plain) {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** What injection adds, in milliseconds: the difference of the medians. */
  public double delay() {
    return injected.median() - plain.median();
  }

  /** Starts a pair first that does not count, then so many. */
  public static PodStarts measure(BenchCluster cluster, int pairs)
      throws IOException, InterruptedException {
    var injected = new ArrayList<Double>();
    var plain = new ArrayList<Double>();
    String image = idleImage(cluster);
    var seen = new Seen();
    try (Watch watch = cluster.client.pods().inNamespace(BenchCluster.NAMESPACE).watch(seen)) {
      for (int i = 0; i <= pairs; i++) {
        // Who goes first goes second the next time.
        double first = start(cluster, seen, image, "start-" + i + "-a", i % 2 == 0);
        double second = start(cluster, seen, image, "start-" + i + "-b", i % 2 != 0);
        if (i > 0) {
          injected.add(i % 2 == 0 ? first : second);
          plain.add(i % 2 == 0 ? second : first);
        }
      }
    }
    return new PodStarts(Percentiles.of(injected), Percentiles.of(plain));
  }

  private static double start(
      BenchCluster cluster, Seen seen, String image, String name, boolean inject)
      throws IOException, InterruptedException {
    Seen.Times times = seen.await(name);
    long from = System.nanoTime();
    cluster.post(
        "/api/v1/namespaces/" + BenchCluster.NAMESPACE + "/pods", pod(name, image, inject));
    double millis = (get(times.ready, name + " is not ready") - from) / 1e6;
    cluster
        .client
        .pods()
        .inNamespace(BenchCluster.NAMESPACE)
        .withName(name)
        .withGracePeriod(0)
        .delete();
    get(times.gone, name + " does not go");
    return millis;
  }

  private static long get(CompletableFuture<Long> time, String otherwise)
      throws IOException, InterruptedException {
    try {
      return time.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException(otherwise + " after " + PATIENCE.toSeconds() + " s: " + e, e);
    }
  }

  static String pod(String name, String image, boolean inject) {
    return """
    {"apiVersion": "v1", "kind": "Pod",
     "metadata": {"name": "%s", "labels": {"app": "start", "weft.dev/inject": "%s"}},
     "spec": {"containers": [{"name": "app", "image": "%s", "imagePullPolicy": "IfNotPresent"}]}}
    """
        .formatted(name, inject ? "enabled" : "disabled", image);
  }

  /** The image of a container that sleeps, which every node has for its pods' sandboxes. */
  static String idleImage(BenchCluster cluster) {
    for (Node node : cluster.client.nodes().list().getItems()) {
      for (var image : node.getStatus().getImages()) {
        for (String name : image.getNames()) {
          if (name.contains("/pause:")) {
            return name;
          }
        }
      }
    }
    return "registry.k8s.io/pause:3.10";
  }

  /** When pods were first seen ready, and gone; written by the watch's thread. */
  private static final class Seen implements Watcher<Pod> {
    private final Map<String, Times> pods = new ConcurrentHashMap<>();

    private static final class Times {
      final CompletableFuture<Long> ready = new CompletableFuture<>();
      final CompletableFuture<Long> gone = new CompletableFuture<>();
    }

    Times await(String pod) {
      return pods.computeIfAbsent(pod, name -> new Times());
    }

    @Override
    public void eventReceived(Action action, Pod pod) {
      long now = System.nanoTime();
      Times times = pods.get(pod.getMetadata().getName());
      if (times == null) {
        return;
      }
      if (action == Action.DELETED) {
        times.gone.complete(now);
      } else if (ready(pod)) {
        times.ready.complete(now);
      }
    }

    private static boolean ready(Pod pod) {
      return pod.getStatus().getConditions().stream()
          .anyMatch(each -> each.getType().equals("Ready") && each.getStatus().equals("True"));
    }

    @Override
    public void onClose(@Nullable WatcherException cause) {
      if (cause != null) {
        List.copyOf(pods.values())
            .forEach(
                times -> {
                  times.ready.completeExceptionally(cause);
                  times.gone.completeExceptionally(cause);
                });
      }
    }
  }
}
