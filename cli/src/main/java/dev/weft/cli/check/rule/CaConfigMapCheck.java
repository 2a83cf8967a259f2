package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Whether pods with a sidecar are told whom to believe. Pure.
 *
 * @param system the control plane's namespace
 * @param trusted what should stand there; empty: not known
 * @param namespaces those that need it
 * @param found what stands in the ConfigMap {@code weft-ca}, by namespace
 */
public record CaConfigMapCheck(
    String system, String trusted, List<String> namespaces, Map<String, String> found)
    implements Check {
  /** Copies list and map. */
  public CaConfigMapCheck {
    namespaces = List.copyOf(namespaces);
    found = Map.copyOf(found);
  }

  /**
   * Which namespaces need it: those of the mesh, and where else a pod has a sidecar, by its own
   * label or from its manifest.
   */
  public static List<String> needing(List<Namespace> mesh, List<Pod> pods) {
    var all = new TreeSet<String>();
    mesh.forEach(namespace -> all.add(namespace.getMetadata().getName()));
    pods.stream()
        .filter(Pods::lives)
        .filter(Pods::hasSidecar)
        .forEach(pod -> all.add(pod.getMetadata().getNamespace()));
    return List.copyOf(all);
  }

  @Override
  public void run(Findings to) {
    if (trusted.isEmpty() || namespaces.isEmpty()) {
      return;
    }
    String remedy =
        "the leader writes it within ten seconds; what keeps it from that is in kubectl logs -n "
            + system
            + " deployment/weft-control-plane, or leader and control-plane-rights here";
    for (String namespace : namespaces) {
      String text = found.get(namespace);
      String subject = "namespace " + namespace;
      if (text == null) {
        to.error(
            CheckId.CA_CONFIGMAP,
            subject,
            "has no ConfigMap weft-ca: new pods wait for it and do not start",
            remedy);
      } else if (!text.equals(trusted)) {
        to.error(
            CheckId.CA_CONFIGMAP,
            subject,
            "its ConfigMap weft-ca is not the mesh's authority: sidecars believe no control plane",
            remedy);
      }
    }
    to.okUnlessFound(
        CheckId.CA_CONFIGMAP, "every namespace with sidecars has its ConfigMap weft-ca");
  }
}
