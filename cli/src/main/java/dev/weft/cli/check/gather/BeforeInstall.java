package dev.weft.cli.check.gather;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.cli.check.rule.Access;
import dev.weft.cli.check.rule.AccessCheck;
import dev.weft.cli.check.rule.AccessNeeds;
import dev.weft.cli.check.rule.LeftoversCheck;
import dev.weft.cli.check.rule.OtherMeshCheck;
import dev.weft.cli.cluster.MeshCluster;
import dev.weft.cli.install.InstalledObjects;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;

/** A cluster that has no Weft: whether it can be installed. Blocks. */
final class BeforeInstall {
  private final KubernetesClient client;
  private final ClusterObjects objects;
  private final Permitted permitted;
  private final String system;
  private final Findings to;

  BeforeInstall(MeshCluster cluster, ClusterObjects objects, Permitted permitted, Findings to) {
    this.permitted = permitted;
    client = cluster.client();
    this.objects = objects;
    system = cluster.system();
    this.to = to;
  }

  void run() {
    Map<Access, Boolean> rights =
        new AccessReviews(client).ofCaller(AccessNeeds.ofInstaller(InstalledObjects.read()));
    new AccessCheck(
            CheckId.INSTALL_RIGHTS,
            "whoever the kubeconfig names",
            rights,
            "have an administrator install Weft, or bind you to the ClusterRole cluster-admin")
        .run(to);
    new LeftoversCheck(system, objects.leftovers(system)).run(to);
    new OtherMeshCheck(objects.meshNamespaces(), List.of(), webhooks(client, permitted)).run(to);
  }

  /** The names of all configurations of mutating webhooks. */
  static List<String> webhooks(KubernetesClient client, Permitted permitted) {
    return permitted.read(
        "list mutatingwebhookconfigurations",
        List.of(),
        () ->
            client
                .admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .list()
                .getItems()
                .stream()
                .map(each -> each.getMetadata().getName())
                .toList());
  }
}
