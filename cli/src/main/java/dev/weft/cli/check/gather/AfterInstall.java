package dev.weft.cli.check.gather;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.cli.check.rule.Access;
import dev.weft.cli.check.rule.AccessCheck;
import dev.weft.cli.check.rule.AccessNeeds;
import dev.weft.cli.check.rule.ApplicationCheck;
import dev.weft.cli.check.rule.CaConfigMapCheck;
import dev.weft.cli.check.rule.CertificateCheck;
import dev.weft.cli.check.rule.CertificateCheck.Shown;
import dev.weft.cli.check.rule.ControlPlaneCheck;
import dev.weft.cli.check.rule.InjectionCheck;
import dev.weft.cli.check.rule.InjectionCheck.Refusal;
import dev.weft.cli.check.rule.NodesCheck;
import dev.weft.cli.check.rule.OtherMeshCheck;
import dev.weft.cli.check.rule.Pods;
import dev.weft.cli.check.rule.PolicyStatusCheck;
import dev.weft.cli.check.rule.SidecarCheck;
import dev.weft.cli.check.rule.SidecarReport;
import dev.weft.cli.check.rule.WebhookCheck;
import dev.weft.cli.cluster.ClusterException;
import dev.weft.cli.cluster.MeshCluster;
import dev.weft.cli.install.InstalledObjects;
import dev.weft.controlplane.webhook.injection.InjectionConfigReader;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A cluster that has Weft: whether all of it is well. Blocks. */
final class AfterInstall {
  /** Where a pod is tried, at most. */
  private static final int MOST_TRIALS = 20;

  private static final String NAME = "weft-control-plane";
  private static final String CA = "weft-ca";
  private static final String CA_KEY = "ca.crt";
  private static final List<Integer> TLS_PORTS = List.of(7_700, 7_443);

  private final MeshCluster cluster;
  private final KubernetesClient client;
  private final ClusterObjects objects;
  private final Permitted permitted;
  private final String system;
  private final Findings to;

  AfterInstall(MeshCluster cluster, ClusterObjects objects, Permitted permitted, Findings to) {
    this.cluster = cluster;
    client = cluster.client();
    this.objects = objects;
    this.permitted = permitted;
    system = cluster.system();
    this.to = to;
  }

  /** The control plane, and how the API server asks it. */
  void controlPlane(PodPages pages) {
    List<Pod> pods = replicas();
    Deployment deployment =
        permitted
            .read(
                "get the Deployment " + NAME,
                List.<Deployment>of(),
                () ->
                    client.apps().deployments().inNamespace(system).list().getItems().stream()
                        .filter(each -> each.getMetadata().getName().equals(NAME))
                        .toList())
            .stream()
            .findFirst()
            .orElse(null);
    Integer wanted = deployment == null ? null : deployment.getSpec().getReplicas();
    new ControlPlaneCheck(
            system,
            wanted == null ? pods.size() : wanted,
            pods,
            running(pods).stream().map(pages::replica).toList(),
            permitted.read(
                "list statefulsets in namespace " + system,
                List.of(),
                () ->
                    client
                        .apps()
                        .statefulSets()
                        .inNamespace(system)
                        .withLabel("app.kubernetes.io/part-of", "weft")
                        .list()
                        .getItems()))
        .run(to);
    rights();
  }

  private void rights() {
    List<Access> needs =
        AccessNeeds.ofControlPlane(InstalledObjects.read()).stream()
            .map(
                need ->
                    need.namespace().equals("weft-system")
                        ? new Access(
                            need.verb(),
                            need.group(),
                            need.resource(),
                            need.subresource(),
                            system,
                            need.name())
                        : need)
            .toList();
    permitted
        .read(
            "create subjectaccessreviews",
            List.<Map<Access, Boolean>>of(),
            () -> List.of(new AccessReviews(client).ofAccount(system, NAME, needs)))
        .forEach(
            answers ->
                new AccessCheck(
                        CheckId.CONTROL_PLANE_RIGHTS,
                        "the control plane's service account",
                        answers,
                        "apply the manifests again: weft install | kubectl apply -f -")
                    .run(to));
  }

  /** Webhooks and certificates. */
  void admission(List<Namespace> mesh) {
    String trusted = trusted();
    List<String> names = mesh.stream().map(each -> each.getMetadata().getName()).toList();
    var admission = client.admissionRegistration().v1();
    new WebhookCheck(
            system,
            trusted,
            permitted
                .read(
                    "list mutatingwebhookconfigurations",
                    List.<MutatingWebhookConfiguration>of(),
                    () -> admission.mutatingWebhookConfigurations().list().getItems())
                .stream()
                .filter(each -> each.getMetadata().getName().equals("weft-injector"))
                .findFirst()
                .orElse(null),
            permitted
                .read(
                    "list validatingwebhookconfigurations",
                    List.<ValidatingWebhookConfiguration>of(),
                    () -> admission.validatingWebhookConfigurations().list().getItems())
                .stream()
                .filter(each -> each.getMetadata().getName().equals("weft-validator"))
                .findFirst()
                .orElse(null),
            InjectionTrial.of(client, names.stream().limit(MOST_TRIALS).toList(), permitted))
        .run(to);
    var shown = new ArrayList<Shown>();
    for (String pod : running(replicas())) {
      TLS_PORTS.forEach(port -> shown.add(shown(pod, port)));
    }
    new CertificateCheck(system, trusted, shown, Instant.now()).run(to);
  }

  private Shown shown(String pod, int port) {
    try {
      return new Shown(pod, port, "", cluster.through(system, pod, port, ShownChain::of));
    } catch (IOException | ClusterException e) {
      return new Shown(pod, port, String.valueOf(e.getMessage()), List.of());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** The sidecars that are connected to the replicas that are ready. */
  ConnectedNodes connected() {
    return ConnectedNodes.of(cluster, ready(), permitted, to);
  }

  /**
   * Pods, their sidecars and applications.
   *
   * @param mesh the namespaces of the mesh
   * @param looked the names of those and of others whose pods are looked at
   * @param nodes as {@link #connected} gives them
   */
  void pods(
      List<Namespace> mesh,
      List<String> looked,
      ConnectedNodes nodes,
      InjectorToday injector,
      PodPages pages) {
    List<Pod> pods =
        objects.ofEach(looked, "pods", name -> client.pods().inNamespace(name).list().getItems());
    List<String> names = mesh.stream().map(each -> each.getMetadata().getName()).toList();
    List<Refusal> refusals = objects.ofEach(names, "replicasets and events", objects::refusals);
    new InjectionCheck(mesh, pods, refusals, injector.injector()).run(to);
    List<String> told = CaConfigMapCheck.needing(mesh, pods);
    Map<String, String> maps = new HashMap<>();
    for (String name : told) {
      String text = objects.configMap(name, CA, CA_KEY);
      if (!text.isEmpty()) {
        maps.put(name, text);
      }
    }
    new CaConfigMapCheck(system, trusted(), told, maps).run(to);
    new OtherMeshCheck(mesh, pods, BeforeInstall.webhooks(client, permitted)).run(to);
    List<Pod> withSidecar = pods.stream().filter(Pods::lives).filter(Pods::hasSidecar).toList();
    Map<String, SidecarReport> reports =
        pages.sidecars(withSidecar.stream().filter(Pods::started).toList());
    new SidecarCheck(
            withSidecar,
            injector.image(),
            injector.templateHash(),
            image(),
            nodes.nodes().stream().map(NodesCheck::key).collect(Collectors.toSet()),
            nodes.complete(),
            reports)
        .run(to);
    new NodesCheck(
            nodes.nodes().stream()
                .filter(node -> looked.contains(node.getNode().getNamespace()))
                .toList(),
            nodes.late(),
            nodes.troubles())
        .run(to);
    List<Service> services =
        objects.ofEach(
            looked, "services", name -> client.services().inNamespace(name).list().getItems());
    new ApplicationCheck(withSidecar, services, reports, Instant.now()).run(to);
  }

  /**
   * Routes and policies.
   *
   * @param namespace empty: every one
   */
  void policies(Map<String, List<String>> served, String namespace) {
    new PolicyStatusCheck(objects.policies(served, namespace)).run(to);
  }

  /** What is injected today. */
  InjectorToday injector(boolean nativeSidecars) {
    return InjectorToday.of(
        objects.configMap(system, "weft-injector", InjectionConfigReader.KEY), nativeSidecars, to);
  }

  private String trusted() {
    return objects.configMap(system, CA, CA_KEY);
  }

  private List<Pod> replicas() {
    return permitted.read(
        "list pods in namespace " + system,
        List.of(),
        () ->
            client
                .pods()
                .inNamespace(system)
                .withLabel("app.kubernetes.io/name", NAME)
                .list()
                .getItems()
                .stream()
                .filter(Pods::lives)
                .toList());
  }

  private List<String> ready() {
    return replicas().stream().filter(Pods::ready).map(pod -> pod.getMetadata().getName()).toList();
  }

  private String image() {
    return replicas().stream()
        .filter(Pods::ready)
        .map(pod -> pod.getSpec().getContainers().getFirst().getImage())
        .findFirst()
        .orElse("");
  }

  /** Those that can be asked at all. */
  private static List<String> running(List<Pod> pods) {
    return pods.stream()
        .filter(pod -> pod.getStatus() != null && "Running".equals(pod.getStatus().getPhase()))
        .map(pod -> pod.getMetadata().getName())
        .toList();
  }
}
