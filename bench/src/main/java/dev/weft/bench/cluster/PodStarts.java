package dev.weft.bench.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * From before a pod is created until it is Ready, as a watch shows it: pods with a sidecar, their
 * twins without, and others with two containers in its place that do nothing, in turn. The
 * application does nothing, either.
 *
 * @param injected with a sidecar
 * @param idle with two init containers that go on running: what the kubelet itself takes to start
 *     two containers before the application's, whatever is in them
 * @param plain without
 */
public record PodStarts(Percentiles injected, Percentiles idle, Percentiles plain) {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** The kubelet looks at its containers once in that time. */
  private static final int LOOK_MILLIS = 1_000;

  /** Of a native sidecar. */
  private static final String GOES_ON = ", \"restartPolicy\": \"Always\"";

  private enum Kind {
    INJECTED,
    IDLE,
    PLAIN
  }

  /** What injection adds, in milliseconds: the difference of the medians. */
  public double delay() {
    return injected.median() - plain.median();
  }

  /** What of it is not the kubelet's. */
  public double own() {
    return injected.median() - idle.median();
  }

  /** Starts one of each kind first that does not count, then so many. */
  public static PodStarts measure(BenchCluster cluster, int rounds)
      throws IOException, InterruptedException {
    var times = new EnumMap<Kind, List<Double>>(Kind.class);
    String image = idleImage(cluster);
    // The same on every run; so that pods meet the kubelet at any moment between two looks.
    var rest = new Random(rounds);
    var seen = new Seen();
    try (Watch watch = cluster.client.pods().inNamespace(BenchCluster.NAMESPACE).watch(seen)) {
      for (int i = 0; i <= rounds; i++) {
        for (Kind kind : Kind.values()) {
          LockSupport.parkNanos(Duration.ofMillis(rest.nextInt(LOOK_MILLIS)).toNanos());
          String name = "start-" + i + "-" + kind.name().toLowerCase(Locale.ROOT);
          double millis = start(cluster, seen, name, pod(name, image, kind));
          if (i > 0) {
            times.computeIfAbsent(kind, any -> new ArrayList<>()).add(millis);
          }
        }
      }
    }
    return new PodStarts(
        Percentiles.of(times.getOrDefault(Kind.INJECTED, List.of())),
        Percentiles.of(times.getOrDefault(Kind.IDLE, List.of())),
        Percentiles.of(times.getOrDefault(Kind.PLAIN, List.of())));
  }

  private static double start(BenchCluster cluster, Seen seen, String name, String pod)
      throws IOException, InterruptedException {
    Seen.Times times = seen.await(name);
    long from = System.nanoTime();
    cluster.post("/api/v1/namespaces/" + BenchCluster.NAMESPACE + "/pods", pod);
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

  private static String pod(String name, String image, Kind kind) {
    return """
    {"apiVersion": "v1", "kind": "Pod",
     "metadata": {"name": "%s", "labels": {"app": "start", "weft.dev/inject": "%s"}},
     "spec": {"initContainers": [%s], "containers": [%s}]}}
    """
        .formatted(
            name,
            kind == Kind.INJECTED ? "enabled" : "disabled",
            kind == Kind.IDLE
                ? container("first", image)
                    + GOES_ON
                    + "}, "
                    + container("second", image)
                    + GOES_ON
                    + "}"
                : "",
            container("app", image));
  }

  private static String container(String name, String image) {
    return "{\"name\": \"%s\", \"image\": \"%s\", \"imagePullPolicy\": \"IfNotPresent\""
        .formatted(name, image);
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
