package dev.weft.controlplane.auth.kubernetes;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.lang.System.Logger.Level;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the ConfigMap {@code weft-ca}, by which sidecars know the control plane, in every namespace
 * that is labelled {@code weft.dev/inject=enabled}, wherever else a pod has a sidecar or had one,
 * and in the control plane's own for people. Only what differs is written.
 *
 * <p>The leader looks every ten seconds, and as soon as a namespace changes or is said to {@link
 * #need} it. Whoever injects a pod makes sure of its namespace by {@link #ensure}: a pod that is
 * there before the ConfigMap waits seconds for the kubelet to look again. Owns one thread.
 */
public final class CaConfigMaps implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(CaConfigMaps.class.getName());
  private static final String NAME = "weft-ca";
  private static final String KEY = "ca.crt";
  private static final String LABEL = "weft.dev/inject";
  private static final String ENABLED = "enabled";
  private static final Map<String, String> OURS = Map.of("app.kubernetes.io/part-of", "weft");
  private static final String REMEDY =
      "give its service account a ClusterRole with create of configmaps, and get, list and update of"
          + " those named "
          + NAME;

  /** A cause that the API server gives for a refusal. */
  private static final String ENDING = "NamespaceTerminating";

  private static final Duration LOOK = Duration.ofSeconds(10);

  /** A namespace that has it is not asked about again for so long. */
  static final Duration TOLD = Duration.ofSeconds(10);

  /** What a pod's admission waits at most. */
  static final Duration ENSURE = Duration.ofMillis(500);

  private final KubernetesClient client;
  private final String system;
  private final Supplier<String> trusted;
  private final BooleanSupplier leading;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("weft-ca-configmaps").daemon(true).factory());
  private final AtomicBoolean looking = new AtomicBoolean();
  private final ChangeWatch<Namespace> watch;
  private final Map<String, Told> told = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<Void>> telling = new ConcurrentHashMap<>();
  private volatile Set<String> needed = Set.of();

  // Owned by the thread.
  private String problem = "";

  /** What a namespace was seen to have. */
  private record Told(String content, long atNanos) {
    boolean holds(String wanted, long now) {
      return content.equals(wanted) && now - atNanos < TOLD.toNanos();
    }
  }

  private CaConfigMaps(
      KubernetesClient client, String system, Supplier<String> trusted, BooleanSupplier leading) {
    this.client = client;
    this.system = system;
    this.trusted = trusted;
    this.leading = leading;
    watch = new ChangeWatch<>(client.namespaces().withLabel(LABEL, ENABLED), this::lookSoon);
  }

  /**
   * Begins.
   *
   * @param client stays its owner's to close
   * @param system the control plane's own namespace
   * @param trusted what is to be in force, PEM
   * @param leading whether this replica writes
   */
  public static CaConfigMaps start(
      KubernetesClient client, String system, Supplier<String> trusted, BooleanSupplier leading) {
    var maps = new CaConfigMaps(client, system, trusted, leading);
    maps.thread.scheduleWithFixedDelay(maps::look, 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
    return maps;
  }

  /**
   * Makes sure that a namespace has it, before a pod comes that needs it; every replica may. Waits
   * for half a second at most: then the pod waits for the kubelet instead. Any thread.
   */
  public void ensure(String namespace) {
    String wanted = trusted.get();
    Told known = told.get(namespace);
    if (wanted.isEmpty() || (known != null && known.holds(wanted, System.nanoTime()))) {
      return;
    }
    var mine = new CompletableFuture<Void>();
    CompletableFuture<Void> others = telling.putIfAbsent(namespace, mine);
    if (others == null) {
      Thread.startVirtualThread(() -> tell(namespace, mine));
    }
    try {
      (others == null ? mine : others).get(ENSURE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(
          Level.WARNING,
          "a new pod of namespace {0} has to wait for the ConfigMap {1}: {2}",
          namespace,
          NAME,
          e instanceof TimeoutException
              ? "the API server takes longer than " + ENSURE.toMillis() + " ms"
              : String.valueOf(e.getCause()));
    }
  }

  /**
   * Says in which namespaces pods have sidecars, whoever gave them those, in place of what was said
   * before; the leader sees to them, labelled or not. Does not wait. Any thread.
   */
  public void need(Set<String> namespaces) {
    needed = Set.copyOf(namespaces);
    lookSoon();
  }

  @Override
  public void close() {
    watch.close();
    thread.shutdownNow();
  }

  private void tell(String namespace, CompletableFuture<Void> done) {
    try {
      keep(namespace, client.configMaps().inNamespace(namespace).withName(NAME).get());
      done.complete(null);
    } catch (RuntimeException e) {
      done.completeExceptionally(e);
    } finally {
      telling.remove(namespace, done);
    }
  }

  private void look() {
    looking.set(false);
    try {
      long now = System.nanoTime();
      told.values().removeIf(each -> now - each.atNanos >= TOLD.toNanos());
      if (!leading.getAsBoolean() || trusted.get().isEmpty()) {
        return;
      }
      watch.keep();
      Set<String> namespaces = new HashSet<>(needed);
      namespaces.add(system);
      client.namespaces().withLabel(LABEL, ENABLED).list().getItems().stream()
          .filter(each -> each.getMetadata().getDeletionTimestamp() == null)
          .forEach(each -> namespaces.add(each.getMetadata().getName()));
      Map<String, ConfigMap> there = new HashMap<>();
      for (ConfigMap map :
          client.configMaps().inAnyNamespace().withField("metadata.name", NAME).list().getItems()) {
        there.put(map.getMetadata().getNamespace(), map);
        // Where it once was needed it stays true: pods that run there read it again.
        if (isOurs(map)) {
          namespaces.add(map.getMetadata().getNamespace());
        }
      }
      String wrong = "";
      for (String namespace : namespaces) {
        try {
          keep(namespace, there.get(namespace));
        } catch (KubernetesClientException e) {
          // One namespace that is being deleted does not keep the others waiting.
          wrong = Failures.say(e, "write the ConfigMap " + namespace + '/' + NAME, REMEDY);
        }
      }
      say(wrong);
    } catch (KubernetesClientException e) {
      say(
          Failures.say(
              e,
              "list namespaces and the ConfigMaps " + NAME,
              "give its service account a ClusterRole that allows it"));
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "keeping the ConfigMaps " + NAME + " failed; it goes on", e);
    }
  }

  private static boolean isOurs(ConfigMap map) {
    Map<String, String> labels = map.getMetadata().getLabels();
    return labels != null && labels.entrySet().containsAll(OURS.entrySet());
  }

  private void keep(String namespace, @Nullable ConfigMap found) {
    String wanted = trusted.get();
    if (found == null || found.getData() == null || !wanted.equals(found.getData().get(KEY))) {
      write(namespace, wanted, found == null);
    }
    told.put(namespace, new Told(wanted, System.nanoTime()));
  }

  private void write(String namespace, String wanted, boolean anew) {
    ConfigMap map =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(NAME)
            .withLabels(OURS)
            .endMetadata()
            .withData(Map.of(KEY, wanted))
            .build();
    try {
      if (anew) {
        client.resource(map).create();
      } else {
        client.resource(map).update();
      }
    } catch (KubernetesClientException e) {
      // Another replica was quicker, or the namespace goes or has gone: the next look tells.
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT
          && e.getCode() != HttpURLConnection.HTTP_NOT_FOUND
          && !isForItsEnd(e)) {
        throw e;
      }
    }
  }

  /** Whether it was refused because the namespace is being deleted, with the last of its pods. */
  private static boolean isForItsEnd(KubernetesClientException refused) {
    Status status = refused.getStatus();
    return status != null
        && status.getDetails() != null
        && status.getDetails().getCauses().stream()
            .anyMatch(cause -> ENDING.equals(cause.getReason()));
  }

  private void lookSoon() {
    if (looking.compareAndSet(false, true)) {
      try {
        thread.execute(this::look);
      } catch (RejectedExecutionException e) {
        // It is being closed.
      }
    }
  }

  private void say(String wrong) {
    if (!wrong.isEmpty() && !wrong.equals(problem)) {
      LOG.log(Level.WARNING, "sidecars cannot be told whom to trust: {0}", wrong);
    }
    problem = wrong;
  }
}
