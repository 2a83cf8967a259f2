package dev.weft.controlplane.webhook;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * What the API server is told.
 *
 * @param message why it is denied; empty when it is allowed
 * @param patch operations of a JSON Patch; none: it stays as it is
 * @param warnings which kubectl shows to its user
 */
record AdmissionAnswer(boolean allowed, String message, JsonArray patch, List<String> warnings) {
  private static final int FORBIDDEN = 403;

  AdmissionAnswer {
    warnings = List.copyOf(warnings);
  }

  static AdmissionAnswer allow(List<String> warnings) {
    return new AdmissionAnswer(true, "", new JsonArray(), warnings);
  }

  static AdmissionAnswer allow() {
    return allow(List.of());
  }

  static AdmissionAnswer patch(JsonArray patch, List<String> warnings) {
    return new AdmissionAnswer(true, "", patch, warnings);
  }

  static AdmissionAnswer deny(String message, List<String> warnings) {
    return new AdmissionAnswer(false, message, new JsonArray(), warnings);
  }

  /** For metrics. */
  String result() {
    return !allowed ? "denied" : patch.isEmpty() ? "allowed" : "patched";
  }

  /** As an {@code AdmissionReview}. */
  byte[] review(String uid) {
    var response = new JsonObject();
    response.addProperty("uid", uid);
    response.addProperty("allowed", allowed);
    if (!patch.isEmpty()) {
      byte[] operations = patch.toString().getBytes(StandardCharsets.UTF_8);
      response.addProperty("patchType", "JSONPatch");
      response.addProperty("patch", Base64.getEncoder().encodeToString(operations));
    }
    if (!allowed) {
      var status = new JsonObject();
      status.addProperty("code", FORBIDDEN);
      status.addProperty("message", message);
      response.add("status", status);
    }
    if (!warnings.isEmpty()) {
      var texts = new JsonArray();
      warnings.forEach(texts::add);
      response.add("warnings", texts);
    }
    var review = new JsonObject();
    review.addProperty("apiVersion", AdmissionRequest.API_VERSION);
    review.addProperty("kind", AdmissionRequest.KIND);
    review.add("response", response);
    return review.toString().getBytes(StandardCharsets.UTF_8);
  }
}
