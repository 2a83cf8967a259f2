package dev.weft.controlplane.auth.kubernetes;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.lang.System.Logger.Level;
import java.net.HttpURLConnection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the ConfigMap {@code weft-ca}, by which sidecars know the control plane, in every namespace
 * that is labelled {@code weft.dev/inject=enabled}, and in the control plane's own for people. Only
 * the leader writes, and only what differs. Looks every ten seconds, and as soon as a namespace
 * changes, because pods wait for it. Owns one thread.
 */
public final class CaConfigMaps implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(CaConfigMaps.class.getName());
  private static final String NAME = "weft-ca";
  private static final String KEY = "ca.crt";
  private static final String LABEL = "weft.dev/inject";
  private static final String ENABLED = "enabled";
  private static final long LOOK_SECONDS = 10;

  private final KubernetesClient client;
  private final String system;
  private final Supplier<String> trusted;
  private final BooleanSupplier leading;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("weft-ca-configmaps").daemon(true).factory());
  private final AtomicBoolean looking = new AtomicBoolean();

  // Owned by the thread.
  private @Nullable AutoCloseable watch;
  private String problem = "";

  private CaConfigMaps(
      KubernetesClient client, String system, Supplier<String> trusted, BooleanSupplier leading) {
    this.client = client;
    this.system = system;
    this.trusted = trusted;
    this.leading = leading;
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
    maps.thread.scheduleWithFixedDelay(maps::look, 0, LOOK_SECONDS, TimeUnit.SECONDS);
    return maps;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  private void look() {
    looking.set(false);
    try {
      if (!leading.getAsBoolean() || trusted.get().isEmpty()) {
        return;
      }
      follow();
      Set<String> namespaces = new HashSet<>();
      namespaces.add(system);
      client.namespaces().withLabel(LABEL, ENABLED).list().getItems().stream()
          .filter(each -> each.getMetadata().getDeletionTimestamp() == null)
          .forEach(each -> namespaces.add(each.getMetadata().getName()));
      String wrong = "";
      for (String namespace : namespaces) {
        try {
          keep(namespace);
        } catch (KubernetesClientException e) {
          // One namespace that is being deleted does not keep the others waiting.
          wrong =
              Failures.say(
                  e,
                  "write the ConfigMap " + namespace + '/' + NAME,
                  "give its service account a ClusterRole with create of configmaps, and get and"
                      + " update of the one named "
                      + NAME);
        }
      }
      say(wrong);
    } catch (KubernetesClientException e) {
      say(
          Failures.say(
              e, "list namespaces", "give its service account a ClusterRole that allows it"));
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "keeping the ConfigMaps " + NAME + " failed; it goes on", e);
    }
  }

  private void keep(String namespace) {
    String wanted = trusted.get();
    ConfigMap found = client.configMaps().inNamespace(namespace).withName(NAME).get();
    if (found != null && found.getData() != null && wanted.equals(found.getData().get(KEY))) {
      return;
    }
    ConfigMap map =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(NAME)
            .withLabels(Map.of("app.kubernetes.io/part-of", "weft"))
            .endMetadata()
            .withData(Map.of(KEY, wanted))
            .build();
    try {
      if (found == null) {
        client.resource(map).create();
      } else {
        client.resource(map).update();
      }
    } catch (KubernetesClientException e) {
      // Another leader was quicker, or the namespace has gone: the next look tells.
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT
          && e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }

  /** Looks as soon as a namespace changes; while there is no watch, every ten seconds has to do. */
  private void follow() {
    if (watch != null) {
      return;
    }
    watch =
        client
            .namespaces()
            .withLabel(LABEL, ENABLED)
            .watch(
                new Watcher<>() {
                  @Override
                  public void eventReceived(Action action, Namespace namespace) {
                    lookSoon();
                  }

                  @Override
                  public void onClose(WatcherException cause) {
                    submit(() -> watch = null);
                  }
                });
  }

  private void lookSoon() {
    if (looking.compareAndSet(false, true)) {
      submit(this::look);
    }
  }

  private void submit(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException e) {
      // It is being closed.
    }
  }

  private void say(String wrong) {
    if (!wrong.isEmpty() && !wrong.equals(problem)) {
      LOG.log(Level.WARNING, "sidecars cannot be told whom to trust: {0}", wrong);
    }
    problem = wrong;
  }
}
