package dev.weft.controlplane.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.controlplane.validate.RouteConditions.Condition;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.proto.policy.v1.PolicyKey;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Reads objects and writes their status and events. Blocks; its owner's thread only. */
final class StatusApi {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final KubernetesClient client;
  private final String reporter;

  /**
   * @param reporter the replica that speaks, for events
   */
  StatusApi(KubernetesClient client, String reporter) {
    this.client = client;
    this.reporter = reporter;
  }

  /** How a write ended. */
  enum Outcome {
    WRITTEN,
    /** Somebody else wrote meanwhile: look again. */
    CONFLICT,
    GONE
  }

  /**
   * The object as it is; null when it is gone.
   *
   * @throws KubernetesClientException when the API server does not say
   */
  @Nullable ObjectNode get(String apiVersion, PolicyKey key) {
    try {
      return (ObjectNode) MAPPER.readTree(client.raw(path(apiVersion, key), "GET", null));
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return null;
      }
      throw e;
    } catch (JsonProcessingException e) {
      throw new KubernetesClientException("the API server answered with no JSON", e);
    }
  }

  /**
   * Writes the status of an object that was read by {@link #get}.
   *
   * @throws KubernetesClientException when the API server refuses it, or does not answer
   */
  Outcome put(String apiVersion, PolicyKey key, ObjectNode object) {
    try {
      client.raw(path(apiVersion, key) + "/status", "PUT", object);
      return Outcome.WRITTEN;
    } catch (KubernetesClientException e) {
      return switch (e.getCode()) {
        case HttpURLConnection.HTTP_CONFLICT -> Outcome.CONFLICT;
        case HttpURLConnection.HTTP_NOT_FOUND -> Outcome.GONE;
        default -> throw e;
      };
    }
  }

  /**
   * Tells whoever describes the object what is wrong with it.
   *
   * @throws KubernetesClientException when the API server refuses it, or does not answer
   */
  void warn(JsonNode object, Condition condition, Instant now) {
    JsonNode metadata = object.path("metadata");
    ObjectNode event = JsonNodeFactory.instance.objectNode();
    event.put("apiVersion", "v1").put("kind", "Event");
    String namespace = metadata.path("namespace").asText();
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    event
        .putObject("metadata")
        .put("generateName", metadata.path("name").asText() + ".")
        .put("namespace", namespace);
    ObjectNode involved = event.putObject("involvedObject");
    involved.put("apiVersion", object.path("apiVersion").asText());
    involved.put("kind", object.path("kind").asText());
    for (String field : new String[] {"namespace", "name", "uid", "resourceVersion"}) {
      involved.set(field, metadata.path(field));
    }
    event.put("type", "Warning").put("reason", condition.reason());
    event.put("message", condition.message());
    event.put("firstTimestamp", time).put("lastTimestamp", time).put("count", 1);
    event.putObject("source").put("component", "weft-control-plane").put("host", reporter);
    client.raw("/api/v1/namespaces/" + namespace + "/events", "POST", event);
  }

  private static String path(String apiVersion, PolicyKey key) {
    Kinds.Served served = Kinds.served(key.getKind());
    if (served == null) {
      throw new IllegalArgumentException("nothing is said of a " + key.getKind());
    }
    return "/apis/"
        + apiVersion
        + "/namespaces/"
        + key.getNamespace()
        + "/"
        + served.plural()
        + "/"
        + key.getName();
  }
}
