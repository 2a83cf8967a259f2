package dev.weft.cli.check.gather;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.cli.check.rule.ClusterVersionCheck;
import dev.weft.cli.check.rule.GatewayApiCheck;
import dev.weft.cli.cluster.Causes;
import dev.weft.cli.cluster.MeshCluster;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Checks a cluster, before Weft is installed and after. Blocks. */
public final class ClusterMesh {
  private static final int NATIVE_MINOR = 29;
  private static final Pattern MINOR = Pattern.compile("v?1\\.([0-9]{1,4}).*");

  /** Would warn of each version that is no final one, as Weft's own kind's is not. */
  private static final Logger CHATTER =
      Logger.getLogger("io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils");

  private final MeshCluster cluster;
  private final KubernetesClient client;
  private final String namespace;
  private final Findings to;
  private final Permitted permitted;
  private final ClusterObjects objects;

  private ClusterMesh(MeshCluster cluster, String namespace, Findings to) {
    this.cluster = cluster;
    client = cluster.client();
    this.namespace = namespace;
    this.to = to;
    permitted = new Permitted(to);
    objects = new ClusterObjects(client, permitted);
  }

  /**
   * Looks at everything.
   *
   * @param namespace whose pods, routes and policies are looked at; empty: those of the mesh
   * @return whether Weft is installed
   */
  public static boolean check(MeshCluster cluster, String namespace, Findings to) {
    CHATTER.setLevel(Level.OFF);
    var mesh = new ClusterMesh(cluster, namespace, to);
    try {
      return mesh.run();
    } catch (KubernetesClientException e) {
      to.error(
          CheckId.API_SERVER,
          cluster.client().getMasterUrl().toString(),
          e.getCode() == 0
              ? "does not answer: " + Causes.deepest(e)
              : "answers " + e.getCode() + ": " + e.getMessage(),
          e.getCode() == 401
              ? "log in again: it does not know who you are"
              : "look at the kubeconfig (--kubeconfig, --context) and the network: kubectl version"
                  + " asks the same");
      return false;
    }
  }

  private boolean run() {
    String version = String.valueOf(client.getKubernetesVersion().getGitVersion());
    new ClusterVersionCheck(client.getMasterUrl().toString(), version).run(to);
    boolean installed =
        permitted
            .read(
                "get the Service weft-control-plane",
                List.<Service>of(),
                () ->
                    client
                        .services()
                        .inNamespace(cluster.system())
                        .withLabel("app.kubernetes.io/name", "weft-control-plane")
                        .list()
                        .getItems())
            .stream()
            .anyMatch(each -> each.getMetadata().getDeletionTimestamp() == null);
    Map<String, List<String>> served = objects.served();
    new GatewayApiCheck(served, installed).run(to);
    if (installed) {
      after(version, served);
    } else {
      new BeforeInstall(cluster, objects, permitted, to).run();
    }
    return installed;
  }

  private void after(String version, Map<String, List<String>> served) {
    List<Namespace> mesh = new ArrayList<>(objects.meshNamespaces());
    if (!namespace.isEmpty()) {
      mesh.removeIf(each -> !each.getMetadata().getName().equals(namespace));
      if (mesh.isEmpty()) {
        outside();
      }
    }
    var parts = new AfterInstall(cluster, objects, permitted, to);
    try (PodPages pages = new PodPages(cluster)) {
      parts.controlPlane(pages);
      parts.admission(mesh);
      ConnectedNodes nodes = parts.connected();
      List<String> looked = namespace.isEmpty() ? namespaces(mesh, nodes) : List.of(namespace);
      parts.pods(mesh, looked, nodes, parts.injector(nativeSidecars(version)), pages);
    }
    parts.policies(served, namespace);
    if (!mesh.isEmpty()) {
      to.notice(
          CheckId.PLAINTEXT,
          "",
          "traffic between pods is plaintext, between sidecars, too",
          "nothing, where the network is trusted; else have the network plugin encrypt it"
              + " (WireGuard, IPsec), or the applications themselves: their TLS is passed through");
    }
  }

  /** Those of the mesh, and where else somebody has given pods a sidecar. */
  private static List<String> namespaces(List<Namespace> mesh, ConnectedNodes nodes) {
    return Stream.concat(
            mesh.stream().map(each -> each.getMetadata().getName()),
            nodes.nodes().stream().map(each -> each.getNode().getNamespace()).sorted())
        .distinct()
        .toList();
  }

  private void outside() {
    boolean there =
        permitted.read(
            "get the namespace " + namespace,
            true,
            () -> client.namespaces().withName(namespace).get() != null);
    String subject = "namespace " + namespace;
    if (there) {
      to.notice(
          CheckId.NAMESPACES,
          subject,
          "is not part of the mesh",
          "kubectl label namespace "
              + namespace
              + " weft.dev/inject=enabled, and restart its pods");
    } else {
      to.error(
          CheckId.NAMESPACES,
          subject,
          "does not exist",
          "kubectl get namespaces lists those there are");
    }
  }

  private static boolean nativeSidecars(String version) {
    Matcher matcher = MINOR.matcher(version);
    return !matcher.matches() || Integer.parseInt(matcher.group(1)) >= NATIVE_MINOR;
  }
}
