package dev.weft.controlplane.webhook;

import com.google.gson.JsonObject;
import dev.weft.controlplane.validate.Admission;
import dev.weft.controlplane.validate.policy.Inventory;
import dev.weft.controlplane.webhook.injection.InjectionConfig.Validation;
import dev.weft.controlplane.webhook.injection.Json;
import dev.weft.proto.policy.v1.PolicyError;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Says of a policy what {@code weft apply} would say. What is malformed is denied. A reference to
 * nothing is a warning only: with kubectl the order of objects is free, and Gateway API wants it in
 * the status. Routes of other implementations are not ours to judge.
 *
 * @param inventory what there is now
 * @param validation what becomes of what is malformed
 */
record PolicyReviewer(Supplier<Inventory> inventory, Supplier<Validation> validation)
    implements Reviewer {
  @Override
  public AdmissionAnswer review(AdmissionRequest request) {
    Validation mode = validation.get();
    if (mode == Validation.OFF || !isOurs(request) || isUnchanged(request)) {
      return AdmissionAnswer.allow();
    }
    JsonObject object = named(request);
    PolicyKey key =
        PolicyKey.newBuilder()
            .setKind(request.kind())
            .setNamespace(Json.text(object, "metadata", "namespace"))
            .setName(Json.text(object, "metadata", "name"))
            .build();
    Admission.Verdict verdict = Admission.judge(key, object.toString(), inventory.get());
    var warnings = new ArrayList<>(sentences(verdict.warnings()));
    List<String> errors = sentences(verdict.errors());
    if (errors.isEmpty()) {
      return AdmissionAnswer.allow(warnings);
    }
    if (mode == Validation.WARN) {
      warnings.addAll(errors);
      return AdmissionAnswer.allow(warnings);
    }
    return AdmissionAnswer.deny(String.join("; ", errors), warnings);
  }

  private static boolean isOurs(AdmissionRequest request) {
    String group = Json.text(request.object(), "apiVersion");
    if (!Admission.KINDS.contains(request.kind())) {
      return false;
    }
    if (group.startsWith("weft.dev/")) {
      return true;
    }
    List<JsonObject> parents = Json.objects(request.object(), "spec", "parentRefs");
    return group.startsWith("gateway.networking.k8s.io/")
        && !parents.isEmpty()
        && parents.stream().allMatch(PolicyReviewer::isService);
  }

  private static boolean isService(JsonObject parent) {
    // Without a kind it is a Gateway; a Service is of the core group, which is written "".
    return Json.text(parent, "kind").equals("Service")
        && List.of("", "core").contains(Json.text(parent, "group"));
  }

  /**
   * What is stored already must go on being labelled, and be deleted, whatever is wrong with it.
   */
  private static boolean isUnchanged(AdmissionRequest request) {
    return Json.at(request.object(), "metadata", "deletionTimestamp") != null
        || (request.operation().equals("UPDATE")
            && Json.object(request.object(), "spec")
                .equals(Json.object(request.oldObject(), "spec")));
  }

  private static JsonObject named(AdmissionRequest request) {
    JsonObject copy = request.object().deepCopy();
    JsonObject metadata = Json.object(copy, "metadata");
    if (Json.text(metadata, "name").isEmpty()) {
      // generateName: the API server draws the rest later.
      metadata.addProperty("name", request.name() + "x");
    }
    metadata.remove("generateName");
    if (Json.text(metadata, "namespace").isEmpty()) {
      metadata.addProperty("namespace", request.namespace());
    }
    return copy;
  }

  private static List<String> sentences(List<PolicyError> errors) {
    return errors.stream()
        .map(error -> (error.getFieldPath() + " " + error.getMessage()).strip())
        .toList();
  }
}
