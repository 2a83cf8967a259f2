package dev.weft.controlplane.webhook;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.weft.controlplane.webhook.injection.Json;

/**
 * What the API server asks: the request of an {@code AdmissionReview} (admission.k8s.io/v1).
 *
 * @param uid to be returned with the answer
 * @param operation CREATE, UPDATE, DELETE or CONNECT
 * @param object as it is to be stored; empty for DELETE
 * @param oldObject as it is stored; empty for CREATE
 * @param dryRun whether nothing will be stored
 */
record AdmissionRequest(
    String uid,
    String kind,
    String namespace,
    String name,
    String operation,
    JsonObject object,
    JsonObject oldObject,
    boolean dryRun) {
  static final String API_VERSION = "admission.k8s.io/v1";
  static final String KIND = "AdmissionReview";

  /**
   * Reads a review.
   *
   * @throws JsonParseException saying what is wrong with it
   */
  static AdmissionRequest parse(String text) {
    JsonObject review = Json.parse(text);
    String version = Json.text(review, "apiVersion");
    if (!version.equals(API_VERSION) || !Json.text(review, "kind").equals(KIND)) {
      throw new JsonParseException(
          "expected kind " + KIND + " of apiVersion " + API_VERSION + ", got \"" + version + "\"");
    }
    JsonObject request = Json.object(review, "request");
    String uid = Json.text(request, "uid");
    if (uid.isEmpty()) {
      throw new JsonParseException("request.uid is missing");
    }
    return new AdmissionRequest(
        uid,
        Json.text(request, "kind", "kind"),
        Json.text(request, "namespace"),
        name(request),
        Json.text(request, "operation"),
        Json.object(request, "object"),
        Json.object(request, "oldObject"),
        Json.text(request, "dryRun").equals("true"));
  }

  /** A name that the API server draws later begins as its prefix does. */
  private static String name(JsonObject request) {
    String name = Json.text(request, "name");
    String own = Json.text(request, "object", "metadata", "name");
    return !name.isEmpty()
        ? name
        : !own.isEmpty() ? own : Json.text(request, "object", "metadata", "generateName");
  }
}
