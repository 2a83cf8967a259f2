package dev.weft.cli.check.rule;

import com.google.gson.JsonObject;
import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.controlplane.webhook.injection.Injection.Injected;
import dev.weft.controlplane.webhook.injection.Injection.LeftAlone;
import dev.weft.controlplane.webhook.injection.Injection.Refused;
import dev.weft.controlplane.webhook.injection.Injection.Skipped;
import dev.weft.controlplane.webhook.injection.Injector;
import dev.weft.controlplane.webhook.injection.Json;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Which pods of the mesh's namespaces have no sidecar, and why; what was refused. Pure.
 *
 * @param namespaces those of the mesh
 * @param pods in them
 * @param refusals of pods that somebody wanted to make
 * @param injector as it would do today
 */
public record InjectionCheck(
    List<Namespace> namespaces, List<Pod> pods, List<Refusal> refusals, Injector injector)
    implements Check {
  /**
   * A pod that was not created.
   *
   * @param maker what would have made it, e.g. {@code replicaset shop/web-5d8f}
   * @param message what it was told
   */
  public record Refusal(String maker, String message) {}

  /** Copies the lists. */
  public InjectionCheck {
    namespaces = List.copyOf(namespaces);
    pods = List.copyOf(pods);
    refusals = List.copyOf(refusals);
  }

  @Override
  public void run(Findings to) {
    if (namespaces.isEmpty()) {
      to.notice(
          CheckId.NAMESPACES,
          "",
          "no namespace is part of the mesh",
          "kubectl label namespace NAME weft.dev/inject=enabled, and restart what runs in it");
      return;
    }
    to.ok(
        CheckId.NAMESPACES,
        "in the mesh: "
            + String.join(
                ", ", namespaces.stream().map(each -> each.getMetadata().getName()).toList()));
    for (Refusal refusal : refusals) {
      to.error(
          CheckId.POD_REFUSED,
          refusal.maker(),
          "its pods are refused: " + refusal.message(),
          "change what the message names, in the template of its pods");
    }
    long with = pods.stream().filter(Pods::lives).filter(Pods::hasSidecar).count();
    for (Namespace namespace : namespaces) {
      for (Pod pod : pods) {
        if (pod.getMetadata().getNamespace().equals(namespace.getMetadata().getName())
            && Pods.lives(pod)
            && !Pods.hasSidecar(pod)) {
          without(to, namespace, pod);
        }
      }
    }
    to.okUnlessFound(CheckId.POD_REFUSED, "no pod was refused");
    to.okUnlessFound(CheckId.POD_WITHOUT_SIDECAR, "each of " + with + " pods has its sidecar");
  }

  private void without(Findings to, Namespace namespace, Pod pod) {
    String reason = Pods.annotation(pod, "weft.dev/reason");
    if (!reason.isEmpty()) {
      alone(to, pod, reason);
      return;
    }
    JsonObject tree = Json.parse(Serialization.asJson(pod));
    Map<String, String> labels = Pods.texts(namespace.getMetadata().getLabels());
    String name = namespace.getMetadata().getName();
    switch (injector.inject(tree, labels)) {
      case LeftAlone left -> alone(to, pod, left.why());
      case Skipped skipped -> alone(to, pod, skipped.reason());
      case Refused refused ->
          to.warning(
              CheckId.POD_WITHOUT_SIDECAR,
              Pods.shown(pod),
              "has no sidecar, and could not have one: " + String.join("; ", refused.reasons()),
              "change that in the template of its pods, or opt out with the label"
                  + " weft.dev/inject: disabled");
      case Injected _ ->
          to.warning(
              CheckId.POD_WITHOUT_SIDECAR,
              Pods.shown(pod),
              why(namespace, pod),
              "restart it: kubectl rollout restart -n " + name + " deployment (or what makes it)");
    }
  }

  private static void alone(Findings to, Pod pod, String reason) {
    to.notice(
        CheckId.POD_WITHOUT_SIDECAR,
        Pods.shown(pod),
        "has no sidecar: " + reason,
        "nothing, if that is meant: it is reached as without a mesh");
  }

  private static String why(Namespace namespace, Pod pod) {
    Instant labelled = labelled(namespace);
    String created = pod.getMetadata().getCreationTimestamp();
    // Both are known to the second: within the same one, nobody knows which was first.
    int order =
        labelled.equals(Instant.EPOCH) || created == null
            ? 0
            : Instant.parse(created).compareTo(labelled);
    if (order < 0) {
      return "has no sidecar: it was created before its namespace was labelled";
    }
    if (order > 0) {
      return "has no sidecar, though it was created after its namespace was labelled: the injector"
          + " was not asked then";
    }
    return "has no sidecar: it was created before its namespace was labelled, or the injector was"
        + " not asked";
  }

  /** When the namespace came into the mesh, as far as the API server remembers. */
  private static Instant labelled(Namespace namespace) {
    List<ManagedFieldsEntry> writers = namespace.getMetadata().getManagedFields();
    Instant last = Instant.EPOCH;
    for (ManagedFieldsEntry writer : writers == null ? List.<ManagedFieldsEntry>of() : writers) {
      boolean wroteIt =
          writer.getFieldsV1() != null
              && Serialization.asJson(writer.getFieldsV1()).contains("f:" + Pods.INJECT);
      if (wroteIt && writer.getTime() != null) {
        Instant time = Instant.parse(writer.getTime());
        last = time.isAfter(last) ? time : last;
      }
    }
    return last;
  }
}
