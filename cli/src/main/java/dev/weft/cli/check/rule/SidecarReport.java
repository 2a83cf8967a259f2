package dev.weft.cli.check.rule;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.weft.controlplane.webhook.injection.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * What a sidecar says on its page {@code /status}. Immutable.
 *
 * @param problem why it did not answer; empty when it did
 * @param notReady why it should get no traffic; empty when it should
 * @param disconnected why it has no control plane; empty when it has
 * @param refused connections that the application has not taken
 * @param listeningKnown whether the kernel says what listens
 * @param listening what listens in the pod, without the sidecar
 */
public record SidecarReport(
    String problem,
    String notReady,
    String disconnected,
    long refused,
    boolean listeningKnown,
    List<Listening> listening) {
  /** A listening socket: 0.0.0.0 and :: are every address. */
  public record Listening(String address, int port) {
    /** Whether nobody outside of the pod reaches it. */
    boolean loopback() {
      return address.startsWith("127.")
          || address.equals("::1")
          || address.equals("0:0:0:0:0:0:0:1");
    }
  }

  /** Copies the list. */
  public SidecarReport {
    listening = List.copyOf(listening);
  }

  /**
   * Reads the page.
   *
   * @throws com.google.gson.JsonParseException when it is no JSON
   */
  public static SidecarReport of(String page) {
    JsonObject root = Json.parse(page);
    var listening = new ArrayList<Listening>();
    for (JsonObject one : Json.objects(root, "application", "listening")) {
      listening.add(new Listening(Json.text(one, "address"), (int) number(one, "port")));
    }
    return new SidecarReport(
        "",
        truth(root, "ready") ? "" : Json.text(root, "reason"),
        truth(root, "control_plane", "connected")
            ? ""
            : Json.text(root, "control_plane", "problem"),
        number(root, "application", "refused_connections"),
        truth(root, "application", "listening_known"),
        listening);
  }

  /** Of one that does not answer, or not so. */
  public static SidecarReport silent(String problem) {
    return new SidecarReport(problem, "", "", 0, false, List.of());
  }

  private static boolean truth(JsonElement from, String... path) {
    return Json.text(from, path).equals("true");
  }

  private static long number(JsonElement from, String... path) {
    return Json.at(from, path) instanceof JsonPrimitive scalar && scalar.isNumber()
        ? scalar.getAsLong()
        : 0;
  }
}
