package dev.weft.controlplane.source.kubernetes.object;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import dev.weft.proto.discovery.v1.Locality;
import org.jspecify.annotations.Nullable;

/** What is kept of a node: where it stands; empty where it does not say. Immutable. */
public record NodeFacts(String region, String zone, String subZone) {
  /** Of a node of the API. */
  public static NodeFacts of(JsonNode node) {
    JsonNode labels = node.path("metadata").path("labels");
    return new NodeFacts(
        labels.path("topology.kubernetes.io/region").asText(""),
        labels.path("topology.kubernetes.io/zone").asText(""),
        labels.path("weft.dev/sub-zone").asText(""));
  }

  /** As the store has it; null: it says nothing. */
  @Nullable ByteString stored() {
    return region.isEmpty() && zone.isEmpty() && subZone.isEmpty()
        ? null
        : Locality.newBuilder()
            .setRegion(region)
            .setZone(zone)
            .setSubZone(subZone)
            .build()
            .toByteString();
  }
}
