package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Whether another mesh wants the same pods. Pure.
 *
 * @param namespaces those of ours
 * @param pods in them
 * @param webhooks the names of all configurations of mutating webhooks
 */
public record OtherMeshCheck(List<Namespace> namespaces, List<Pod> pods, List<String> webhooks)
    implements Check {
  private static final List<Mesh> KNOWN =
      List.of(
          new Mesh("Istio", "istio", "istio-proxy", "istio-injection", "istio.io/rev"),
          new Mesh("Linkerd", "linkerd-proxy-injector", "linkerd-proxy", "linkerd.io/inject", ""),
          new Mesh("Kuma", "kuma-admission", "kuma-sidecar", "kuma.io/sidecar-injection", ""),
          new Mesh(
              "Consul", "consul", "consul-dataplane", "consul.hashicorp.com/connect-inject", ""),
          new Mesh(
              "Open Service Mesh",
              "osm-",
              "osm-proxy",
              "openservicemesh.io/sidecar-injection",
              ""));

  /** By what one knows a mesh: its webhook, its container, and how namespaces ask for it. */
  private record Mesh(String name, String webhook, String container, String asks, String asksToo) {}

  /** Copies the lists. */
  public OtherMeshCheck {
    namespaces = List.copyOf(namespaces);
    pods = List.copyOf(pods);
    webhooks = List.copyOf(webhooks);
  }

  @Override
  public void run(Findings to) {
    for (Mesh mesh : KNOWN) {
      for (Pod pod : pods) {
        if (Pods.hasSidecar(pod) && Pods.container(pod, mesh.container()) != null) {
          to.error(
              CheckId.OTHER_MESH,
              Pods.shown(pod),
              "has a sidecar of " + mesh.name() + ", too: both take its connections",
              "take its namespace out of one of the meshes, and restart it");
        }
      }
      List<String> theirs =
          webhooks.stream().filter(name -> name.startsWith(mesh.webhook())).toList();
      if (theirs.isEmpty()) {
        continue;
      }
      for (Namespace namespace : namespaces) {
        String asks = asks(namespace, mesh);
        if (!asks.isEmpty()) {
          to.error(
              CheckId.OTHER_MESH,
              "namespace " + namespace.getMetadata().getName(),
              "asks for "
                  + mesh.name()
                  + ", too ("
                  + asks
                  + "), which is installed (mutatingwebhookconfiguration "
                  + theirs.getFirst()
                  + ")",
              "take it out of one of them: kubectl label namespace "
                  + namespace.getMetadata().getName()
                  + " "
                  + mesh.asks()
                  + "-");
        }
      }
    }
    to.okUnlessFound(CheckId.OTHER_MESH, "no other mesh" + beside() + " wants the same pods");
  }

  private String beside() {
    String there =
        KNOWN.stream()
            .filter(mesh -> webhooks.stream().anyMatch(name -> name.startsWith(mesh.webhook())))
            .map(Mesh::name)
            .collect(Collectors.joining(", "));
    return there.isEmpty() ? "" : " (" + there + " is installed)";
  }

  private static String asks(Namespace namespace, Mesh mesh) {
    for (String key : List.of(mesh.asks(), mesh.asksToo())) {
      String label = Pods.label(namespace, key);
      String value = label.isEmpty() ? Pods.annotation(namespace, key) : label;
      if (!value.isEmpty() && !value.equals("disabled") && !value.equals("false")) {
        return key + "=" + value;
      }
    }
    return "";
  }
}
