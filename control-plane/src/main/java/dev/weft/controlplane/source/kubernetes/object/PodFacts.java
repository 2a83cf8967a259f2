package dev.weft.controlplane.source.kubernetes.object;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;

/**
 * What is kept of a pod. Immutable.
 *
 * @param uid tells it from an earlier pod of that name
 * @param sidecar whether a sidecar was injected
 * @param createdAtMillis UTC milliseconds since 1970; 0: not known
 */
public record PodFacts(
    String uid,
    String serviceAccount,
    boolean sidecar,
    long createdAtMillis,
    Map<String, String> labels) {
  private static final String STATUS = "weft.dev/status";
  private static final String INJECTED = "injected";

  /** Copies the labels. */
  public PodFacts {
    labels = Map.copyOf(labels);
  }

  /** Of a pod of the API. */
  public static PodFacts of(JsonNode pod) {
    JsonNode metadata = pod.path("metadata");
    Map<String, String> labels = new HashMap<>();
    for (Map.Entry<String, JsonNode> label : metadata.path("labels").properties()) {
      // Many pods have the same ones.
      labels.put(label.getKey().intern(), label.getValue().asText().intern());
    }
    boolean sidecar =
        INJECTED.equals(labels.get(STATUS))
            || metadata.path("annotations").path(STATUS).asText("").equals(INJECTED);
    return new PodFacts(
        metadata.path("uid").asText(""),
        pod.path("spec").path("serviceAccountName").asText("").intern(),
        sidecar,
        Documents.millis(metadata.path("creationTimestamp").asText("")),
        labels);
  }
}
