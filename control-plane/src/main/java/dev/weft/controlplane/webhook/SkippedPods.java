package dev.weft.controlplane.webhook;

import com.google.gson.JsonObject;
import dev.weft.controlplane.webhook.injection.Json;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;

/**
 * Tells whoever looks why pods of the mesh have no sidecar: by an event on what makes them (a
 * ReplicaSet, a DaemonSet ...), or on the pod where nothing does. The same is said once in ten
 * minutes. Safe from any thread; a virtual thread for each event that is on its way.
 */
final class SkippedPods {
  private static final System.Logger LOG = System.getLogger(SkippedPods.class.getName());

  /** Events on their way; what comes beyond is not told, and counted. */
  static final int MAX_UNDER_WAY = 8;

  /** What was told lately; the oldest is forgotten. */
  static final int MAX_TOLD = 1_000;

  static final Duration AGAIN = Duration.ofMinutes(10);

  private static final String REASON = "SidecarSkipped";

  private final KubernetesClient client;
  private final Counter made;
  private final Counter failed;
  private final Counter dropped;
  private final LongSupplier nanoClock;
  private final Semaphore turns = new Semaphore(MAX_UNDER_WAY);

  /** When it was told of what; guarded by itself. */
  private final Map<String, Long> told =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MAX_TOLD;
        }
      };

  /**
   * @param client stays its owner's to close
   * @param nanoClock a monotonic one
   */
  SkippedPods(KubernetesClient client, MeterRegistry meters, LongSupplier nanoClock) {
    this.client = client;
    made = counter(meters, "told");
    failed = counter(meters, "failed");
    dropped = counter(meters, "dropped");
    this.nanoClock = nanoClock;
  }

  /** Tells of one, unless that was told lately. Does not wait. */
  void tell(String namespace, JsonObject pod, String reason) {
    Optional<Event> event = next(namespace, pod, reason);
    if (event.isEmpty()) {
      return;
    }
    if (!turns.tryAcquire()) {
      dropped.increment();
      return;
    }
    Thread.startVirtualThread(
        () -> {
          try {
            client.v1().events().inNamespace(namespace).resource(event.get()).create();
            made.increment();
          } catch (KubernetesClientException e) {
            failed.increment();
            LOG.log(
                Level.WARNING,
                "no event could be made of a pod without a sidecar in namespace {0}: {1}",
                namespace,
                e.getMessage());
          } finally {
            turns.release();
          }
        });
  }

  /** The event to be made; empty: the same was told lately. */
  Optional<Event> next(String namespace, JsonObject pod, String reason) {
    ObjectReference about = about(namespace, pod);
    String key = namespace + '/' + about.getKind() + '/' + about.getName() + ' ' + reason;
    long now = nanoClock.getAsLong();
    synchronized (told) {
      Long last = told.get(key);
      if (last != null && now - last < AGAIN.toNanos()) {
        return Optional.empty();
      }
      told.remove(key);
      told.put(key, now);
    }
    String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    String what = about.getKind().equals("Pod") ? "This pod has" : "Its new pods have";
    return Optional.of(
        new EventBuilder()
            .withNewMetadata()
            .withGenerateName("weft-")
            .withNamespace(namespace)
            .endMetadata()
            .withInvolvedObject(about)
            .withType("Warning")
            .withReason(REASON)
            .withMessage(what + " no sidecar: " + reason)
            .withFirstTimestamp(time)
            .withLastTimestamp(time)
            .withCount(1)
            .withNewSource()
            .withComponent("weft-control-plane")
            .endSource()
            .build());
  }

  /** What makes such pods; the pod itself if nothing does. */
  private static ObjectReference about(String namespace, JsonObject pod) {
    for (JsonObject owner : Json.objects(pod, "metadata", "ownerReferences")) {
      if (Json.text(owner, "controller").equals("true")) {
        return new ObjectReferenceBuilder()
            .withApiVersion(Json.text(owner, "apiVersion"))
            .withKind(Json.text(owner, "kind"))
            .withNamespace(namespace)
            .withName(Json.text(owner, "name"))
            .withUid(Json.text(owner, "uid"))
            .build();
      }
    }
    String name = Json.text(pod, "metadata", "name");
    return new ObjectReferenceBuilder()
        .withApiVersion("v1")
        .withKind("Pod")
        .withNamespace(namespace)
        .withName(name.isEmpty() ? Json.text(pod, "metadata", "generateName") : name)
        .build();
  }

  private static Counter counter(MeterRegistry meters, String result) {
    return Counter.builder("weft.admission.events")
        .description("Events about pods that go without a sidecar")
        .tag("result", result)
        .register(meters);
  }
}
