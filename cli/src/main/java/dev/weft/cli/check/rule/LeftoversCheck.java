package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What an earlier installation has left where there is none now. Pure.
 *
 * @param system the namespace that Weft would be installed in
 * @param objects those that carry Weft's label, of whatever kind
 */
public record LeftoversCheck(String system, List<HasMetadata> objects) implements Check {
  /** Copies the list. */
  public LeftoversCheck {
    objects = List.copyOf(objects);
  }

  @Override
  public void run(Findings to) {
    var rest = objects.stream().filter(object -> !special(object, to)).toList();
    if (!rest.isEmpty()) {
      to.warning(
          CheckId.LEFTOVERS,
          "",
          "there is "
              + rest.stream().map(LeftoversCheck::shown).sorted().collect(Collectors.joining(", "))
              + ", but no control plane",
          "remove it: weft uninstall | kubectl delete --ignore-not-found -f -; then kubectl delete"
              + " configmap -A -l app.kubernetes.io/part-of=weft");
    }
    to.okUnlessFound(CheckId.LEFTOVERS, "nothing is left of an earlier installation");
  }

  /** Whether there is more to say of it than that it is there. */
  private boolean special(HasMetadata object, Findings to) {
    String name = object.getMetadata().getName();
    return switch (object.getKind()) {
      case "Namespace" -> {
        if (object.getMetadata().getDeletionTimestamp() != null) {
          to.error(
              CheckId.LEFTOVERS,
              "namespace " + name,
              "is still being deleted",
              "wait for its end; what holds it up is in kubectl get namespace "
                  + name
                  + " -o jsonpath='{.status.conditions}'");
        }
        yield true;
      }
      case "MutatingWebhookConfiguration" -> {
        to.error(
            CheckId.LEFTOVERS,
            shown(object),
            "is asked about new pods of the mesh's namespaces, and nobody answers: they are refused",
            "install Weft again, or kubectl delete mutatingwebhookconfiguration " + name);
        yield true;
      }
      case "CustomResourceDefinition" -> {
        to.notice(
            CheckId.LEFTOVERS,
            shown(object),
            "is there, with the policies that were made",
            "nothing: an install takes them over; kubectl delete crd " + name + " removes them");
        yield true;
      }
      default -> false;
    };
  }

  private static String shown(HasMetadata object) {
    String namespace = object.getMetadata().getNamespace();
    return object.getKind()
        + " "
        + (namespace == null ? "" : namespace + "/")
        + object.getMetadata().getName();
  }
}
