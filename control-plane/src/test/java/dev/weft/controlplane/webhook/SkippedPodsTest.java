package dev.weft.controlplane.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.weft.controlplane.webhook.injection.Json;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is told of pods without a sidecar, and how often; no API server is asked. */
class SkippedPodsTest {
  private static final String REASON = "hostNetwork: it has the node's network";

  private final KubernetesClient client = new KubernetesClientBuilder().build();
  private long now;
  private final SkippedPods skipped = new SkippedPods(client, new SimpleMeterRegistry(), () -> now);

  @AfterEach
  void close() {
    client.close();
  }

  @Test
  void an_event_is_of_whatever_makes_the_pods() {
    Event event = next(owned("agent-x7k2p")).orElseThrow();

    assertThat(event.getMetadata().getNamespace()).isEqualTo("shop");
    assertThat(event.getInvolvedObject().getKind()).isEqualTo("DaemonSet");
    assertThat(event.getInvolvedObject().getApiVersion()).isEqualTo("apps/v1");
    assertThat(event.getInvolvedObject().getName()).isEqualTo("agent");
    assertThat(event.getInvolvedObject().getUid()).isEqualTo("u-7");
    assertThat(event.getType()).isEqualTo("Warning");
    assertThat(event.getReason()).isEqualTo("SidecarSkipped");
    assertThat(event.getMessage()).isEqualTo("Its new pods have no sidecar: " + REASON);
  }

  @Test
  void a_pod_that_nobody_owns_is_told_of_itself() {
    Event event =
        next(Json.parse("{'metadata':{'name':'alone'}}".replace('\'', '"'))).orElseThrow();

    assertThat(event.getInvolvedObject().getKind()).isEqualTo("Pod");
    assertThat(event.getInvolvedObject().getName()).isEqualTo("alone");
    assertThat(event.getMessage()).isEqualTo("This pod has no sidecar: " + REASON);
  }

  @Test
  void the_same_is_said_once_in_a_while() {
    assertThat(next(owned("agent-1"))).isPresent();
    assertThat(next(owned("agent-2"))).isEmpty();
    assertThat(skipped.next("shop", owned("agent-3"), "another reason")).isPresent();
    assertThat(skipped.next("other", owned("agent-4"), REASON)).isPresent();
    now += SkippedPods.AGAIN.toNanos();
    assertThat(next(owned("agent-5"))).isPresent();
  }

  private Optional<Event> next(JsonObject pod) {
    return skipped.next("shop", pod, REASON);
  }

  private static JsonObject owned(String name) {
    return Json.parse(
        """
        {"metadata":{"name":"%s","ownerReferences":[
          {"apiVersion":"v1","kind":"Other","name":"other","uid":"u-1"},
          {"apiVersion":"apps/v1","kind":"DaemonSet","name":"agent","uid":"u-7","controller":true}
        ]}}"""
            .formatted(name));
  }
}
