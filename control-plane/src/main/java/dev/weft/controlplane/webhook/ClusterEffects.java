package dev.weft.controlplane.webhook;

import com.google.gson.JsonObject;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Consumer;

/** What follows in a real cluster. Safe from any thread. */
public final class ClusterEffects implements PodEffects {
  private final Consumer<String> trust;
  private final SkippedPods skipped;

  /**
   * @param trust makes sure that sidecars of a namespace know the control plane; may wait a moment
   * @param client stays its owner's to close
   */
  public ClusterEffects(Consumer<String> trust, KubernetesClient client, MeterRegistry meters) {
    this.trust = trust;
    this.skipped = new SkippedPods(client, meters, System::nanoTime);
  }

  @Override
  public void injected(String namespace) {
    trust.accept(namespace);
  }

  @Override
  public void skipped(String namespace, JsonObject pod, String reason) {
    skipped.tell(namespace, pod, reason);
  }
}
