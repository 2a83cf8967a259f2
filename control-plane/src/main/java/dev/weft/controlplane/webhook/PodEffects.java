package dev.weft.controlplane.webhook;

import com.google.gson.JsonObject;

/**
 * What follows from the answer about a new pod, outside of that pod. Not called for dry runs. Any
 * thread.
 */
public interface PodEffects {
  /** Nothing does. */
  PodEffects NONE =
      new PodEffects() {
        @Override
        public void injected(String namespace) {}

        @Override
        public void skipped(String namespace, JsonObject pod, String reason) {}
      };

  /**
   * A pod with a sidecar is about to come, whoever gave it that. The API server waits meanwhile.
   */
  void injected(String namespace);

  /**
   * A pod of the mesh is about to come without a sidecar. Does not wait.
   *
   * @param pod as it was asked about
   * @param reason for people
   */
  void skipped(String namespace, JsonObject pod, String reason);
}
