package dev.weft.controlplane.webhook;

import dev.weft.controlplane.webhook.injection.Injection;
import dev.weft.controlplane.webhook.injection.Injection.Injected;
import dev.weft.controlplane.webhook.injection.Injection.LeftAlone;
import dev.weft.controlplane.webhook.injection.Injection.Refused;
import dev.weft.controlplane.webhook.injection.Injection.Skipped;
import dev.weft.controlplane.webhook.injection.Injector;
import dev.weft.controlplane.webhook.injection.JsonPatch;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Gives new pods their sidecar.
 *
 * @param namespaceLabels the labels of a namespace by its name
 */
record PodReviewer(
    InjectorInForce inForce,
    Function<String, Map<String, String>> namespaceLabels,
    PodEffects effects)
    implements Reviewer {
  @Override
  public AdmissionAnswer review(AdmissionRequest request) {
    if (!request.kind().equals("Pod") || !request.operation().equals("CREATE")) {
      return AdmissionAnswer.allow();
    }
    Injection result =
        inForce.injector().inject(request.object(), namespaceLabels.apply(request.namespace()));
    if (!request.dryRun()) {
      switch (result) {
        case Injected _ -> effects.injected(request.namespace());
        case Skipped skipped ->
            effects.skipped(request.namespace(), request.object(), skipped.reason());
        case LeftAlone _ when Injector.isInjected(request.object()) ->
            // By whoever wrote its manifest, who could not prepare its namespace.
            effects.injected(request.namespace());
        case LeftAlone _, Refused _ -> {}
      }
    }
    return switch (result) {
      case LeftAlone _ -> AdmissionAnswer.allow();
      case Injected injected ->
          AdmissionAnswer.patch(
              JsonPatch.between(request.object(), injected.pod()), injected.warnings());
      case Skipped skipped ->
          AdmissionAnswer.patch(
              JsonPatch.between(request.object(), skipped.pod()),
              List.of("no sidecar: " + skipped.reason()));
      case Refused refused ->
          AdmissionAnswer.deny(
              "this pod cannot join the mesh: "
                  + String.join("; ", refused.reasons())
                  + " (or opt out with the label "
                  + Injector.INJECT
                  + "=disabled)",
              List.of());
    };
  }
}
