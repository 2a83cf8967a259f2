package dev.weft.controlplane.webhook.injection;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Leads a pod's probes to the sidecar, which carries them out against the pod's own address as the
 * kubelet would have done: answered by the sidecar's listener they would say nothing about the
 * application. Used by one thread, for one pod.
 */
final class ProbeRewrite {
  /** Where the kubelet asks: {@code /app/CONTAINER/KIND}. */
  private static final String PATH = "/app/";

  private static final Map<String, String> KINDS =
      Map.of(
          "startupProbe", "startup",
          "livenessProbe", "liveness",
          "readinessProbe", "readiness");

  private final JsonObject probes = new JsonObject();
  private final List<String> warnings = new ArrayList<>();

  /** What the sidecar is to carry out, by CONTAINER/KIND. */
  JsonObject probes() {
    return probes;
  }

  List<String> warnings() {
    return warnings;
  }

  /** Rewrites the probes of one container in place. */
  void container(JsonObject container) {
    for (String field : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
      if (Json.at(container, field) instanceof JsonObject probe) {
        String name = Json.text(container, "name") + "/" + KINDS.get(field);
        probe(container, name, field, probe);
      }
    }
  }

  private void probe(JsonObject container, String name, String field, JsonObject probe) {
    JsonObject own = null;
    if (Json.at(probe, "httpGet") instanceof JsonObject http) {
      own = own(container, field, "httpGet", http);
    } else if (Json.at(probe, "tcpSocket") instanceof JsonObject tcp) {
      own = own(container, field, "tcpSocket", tcp);
    } else if (Json.at(probe, "grpc") instanceof JsonObject grpc) {
      own = own(container, field, "grpc", grpc);
    }
    if (own == null) {
      return;
    }
    JsonElement timeout = Json.at(probe, "timeoutSeconds");
    own.add("timeoutSeconds", timeout == null ? new JsonPrimitive(1) : timeout.deepCopy());
    probes.add(name, own);
    probe.remove("httpGet");
    probe.remove("tcpSocket");
    probe.remove("grpc");
    probe.add(
        "httpGet",
        Json.of("path", PATH + name, "port", SidecarTemplate.PROBE_PORT, "scheme", "HTTP"));
  }

  /** The handler as the sidecar needs it; null when the probe is not ours to carry out. */
  private @Nullable JsonObject own(
      JsonObject container, String field, String kind, JsonObject handler) {
    if (!Json.text(handler, "host").isEmpty()) {
      // It asks another address than the pod's, which is not intercepted.
      return null;
    }
    int port = port(container, Json.at(handler, "port"));
    if (port == 0) {
      warnings.add(
          "the port of "
              + field
              + "."
              + kind
              + " of container "
              + Json.text(container, "name")
              + " is \""
              + Json.text(handler, "port")
              + "\", expected a number or the name of one of the container's ports; the probe stays"
              + " as it is");
      return null;
    }
    JsonObject copy = handler.deepCopy();
    copy.addProperty("port", port);
    if (kind.equals("httpGet")) {
      // The API server's defaults, for documents that it has not seen yet.
      copy.addProperty(
          "path", Json.text(handler, "path").isEmpty() ? "/" : Json.text(handler, "path"));
      copy.addProperty(
          "scheme", Json.text(handler, "scheme").isEmpty() ? "HTTP" : Json.text(handler, "scheme"));
    }
    return Json.of(kind, copy);
  }

  /** The number of a port that may be a name; 0 when there is none. */
  private static int port(JsonObject container, @Nullable JsonElement written) {
    String text = written instanceof JsonPrimitive scalar ? scalar.getAsString() : "";
    if (text.matches("[0-9]{1,5}")) {
      int number = Integer.parseInt(text);
      return number <= 65535 ? number : 0;
    }
    for (JsonObject port : Json.objects(container, "ports")) {
      if (!text.isEmpty() && Json.text(port, "name").equals(text)) {
        return port(container, Json.at(port, "containerPort"));
      }
    }
    return 0;
  }
}
