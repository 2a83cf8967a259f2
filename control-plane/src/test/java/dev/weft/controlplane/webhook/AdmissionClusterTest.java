package dev.weft.controlplane.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.validate.KnownObjects;
import dev.weft.controlplane.validate.policy.Kinds;
import dev.weft.controlplane.webhook.AdmissionServer.Parts;
import dev.weft.controlplane.webhook.injection.InjectionConfig;
import dev.weft.testkit.TestCa;
import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The webhooks as a real API server asks them, outside of the cluster. */
@ClusterTest
class AdmissionClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String STATUS = "{.metadata.annotations.weft\\.dev/status}";

  private static final String DENIED = "\"validate.weft.dev\" denied the request";
  private static final Path POLICIES =
      Path.of("../deploy/k8s/base/crds/trafficpolicies.weft.dev.yaml");

  private final TestCa first = new TestCa("first webhook CA");
  private final TestCa second = new TestCa("second webhook CA");
  private final AtomicReference<String> trusted = new AtomicReference<>(first.certificatePem());
  private final InjectorInForce inForce =
      new InjectorInForce(InjectionConfig.standard("weft-sidecar:1"));
  @TempDir private Path folder;
  private Cluster cluster;
  private KubernetesClient client;
  private String host;
  private ReplacedKeys keys;
  private AdmissionServer server;
  private ClusterAdmission admission;
  private int pods;

  @BeforeEach
  void start(Cluster given) throws IOException {
    cluster = given;
    client = Outside.client(cluster.kubeconfig());
    host = Outside.host(client);
    keys = new ReplacedKeys(first.issue("weft", host));
    server =
        AdmissionServer.start(
            new InetSocketAddress(host, 0),
            keys,
            new Parts(
                inForce,
                namespace -> Map.of("weft.dev/inject", "enabled"),
                () -> KnownObjects.NOTHING,
                PodEffects.NONE),
            new SimpleMeterRegistry());
    cluster.everywhere("label", "namespace", cluster.namespace(), "weft.dev/inject=enabled");
    cluster.apply(Outside.webhooks(host, server.port()));
    admission = ClusterAdmission.start(client, cluster.namespace(), inForce, trusted::get);
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> dryRun(pod("probe", "", "")).equals("injected"));
  }

  @AfterEach
  void stop() {
    cluster.everywhere(
        "delete",
        "mutatingwebhookconfiguration/weft-injector",
        "validatingwebhookconfiguration/weft-validator",
        "--ignore-not-found");
    admission.close();
    server.close();
    client.close();
  }

  @Test
  void a_pod_is_given_its_sidecar_and_certificates_change_meanwhile() {
    String name = create("", "");
    assertThat(cluster.field("pod/" + name, "{.spec.initContainers[*].name}"))
        .isEqualTo("weft-sidecar weft-init");
    assertThat(cluster.field("pod/" + name, "{.spec.initContainers[0].restartPolicy}"))
        .isEqualTo("Always");

    trusted.set(first.certificatePem() + second.certificatePem());
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(injected()).as("pods go on meanwhile").isTrue());
    await().atMost(PATIENCE).until(() -> caBundle().equals(trusted.get()) && injected());
    keys.replace(second.issue("weft", host));
    // The API server hears of what it is to trust a moment after it was stored; a control plane
    // leaves it hours.
    await().atMost(PATIENCE).ignoreExceptions().until(this::injected);
    for (int i = 0; i < 20; i++) {
      assertThat(injected()).isTrue();
    }
    trusted.set(second.certificatePem());
    await().atMost(PATIENCE).until(() -> injected() && caBundle().equals(trusted.get()));
    assertThat(injected()).isTrue();
  }

  @Test
  void the_sidecar_is_within_the_restricted_level_and_only_the_init_step_is_not() {
    cluster.everywhere(
        "label", "namespace", cluster.namespace(), "pod-security.kubernetes.io/enforce=restricted");
    String restricted =
        "securityContext: {runAsNonRoot: true, runAsUser: 1000, allowPrivilegeEscalation: false,"
            + " capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}";

    assertThatThrownBy(() -> dryRun(pod("tight", "", restricted)))
        .hasMessageContaining("violates PodSecurity")
        .hasMessageContaining("\"weft-init\"")
        .message()
        .doesNotContain("\"weft-sidecar\"")
        .doesNotContain("\"web\"");
  }

  @Test
  void a_configuration_of_the_cluster_holds_for_the_next_pod() {
    cluster.apply(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: weft-injector}
        data:
          config.yaml: "image: mine:7"
        """);
    await().atMost(PATIENCE).until(() -> inForce.config().image().equals("mine:7"));

    String name = create("", "");

    assertThat(cluster.field("pod/" + name, "{.spec.initContainers[0].image}")).isEqualTo("mine:7");
  }

  @Test
  void what_cannot_join_is_told_and_a_dead_webhook_stops_pods_of_the_mesh_only() {
    assertThatThrownBy(() -> create("annotations: {weft.dev/proxy-cpu: lots}", ""))
        .hasMessageContaining("inject.weft.dev")
        .hasMessageContaining("expected an amount of CPU");

    server.close();

    assertThatThrownBy(() -> create("", "")).hasMessageContaining("failed calling webhook");
    assertThat(dryRun(pod("out", "annotations: {weft.dev/inject: disabled}", ""))).isEmpty();
    assertThat(dryRun(pod("out", "labels: {weft.dev/inject: disabled}", ""))).isEmpty();
    assertThat(cluster.everywhere("run", "x", "--image=x", "--dry-run=server", "-n", "default"))
        .contains("created");
  }

  @Test
  void a_dead_webhook_never_stops_pods_of_kube_system_whatever_its_labels_say() {
    server.close();

    assertThat(dryRunInKubeSystem("")).isEmpty();
    assertThat(dryRunInKubeSystem("labels: {weft.dev/inject: enabled}")).isEmpty();
    cluster.everywhere("label", "namespace", "kube-system", "weft.dev/inject=enabled");
    try {
      // The API server hears of namespaces in the order of their changes: when it knows that ours
      // has left the mesh, it knows the label of the other, too.
      assertThatThrownBy(() -> create("", "")).hasMessageContaining("failed calling webhook");
      cluster.everywhere("label", "namespace", cluster.namespace(), "weft.dev/inject-");
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() -> dryRun(pod("left", "", "")).isEmpty());

      assertThat(dryRunInKubeSystem("")).isEmpty();
      assertThat(dryRunInKubeSystem("labels: {weft.dev/inject: enabled}")).isEmpty();
    } finally {
      cluster.everywhere("label", "namespace", "kube-system", "weft.dev/inject-");
    }
  }

  @Test
  void a_route_is_judged_when_it_is_applied_and_leaves_unhindered() {
    try (var kinds = new RouteKinds(cluster)) {
      String version = kinds.apiVersion(Kinds.HTTP_ROUTE);
      String bad = route(version, "bad", "path: {type: RegularExpression, value: '('}");
      cluster.apply(route(version, "bad", "path: {type: Exact, value: /ok}"));
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> cluster.apply(bad))
                      .hasMessageContaining("validate.weft.dev")
                      .hasMessageContaining("spec.rules[0].matches[0].path.value"));
      cluster.kubectl("label", "httproute", "bad", "a=b");
      cluster.kubectl("delete", "httproute", "bad");
    }
  }

  @Test
  void policies_are_denied_warned_of_or_not_looked_at_as_the_configuration_says_just_then() {
    cluster.define(POLICIES);
    try (var kinds = new RouteKinds(cluster)) {
      Map<RefusedPolicy, String> bad = new LinkedHashMap<>();
      for (RefusedPolicy each : RefusedPolicy.ALL) {
        boolean ours = each.kind().equals(Kinds.TRAFFIC_POLICY);
        bad.put(each, each.manifest(ours ? "weft.dev/v1alpha1" : kinds.apiVersion(each.kind())));
      }
      bad.forEach((each, manifest) -> awaitSaid(manifest, DENIED, each.path() + " "));
      String early = route(kinds.apiVersion(Kinds.HTTP_ROUTE), "early", "path: {value: /ok}");
      awaitSaid(early, "Warning: spec.rules[0].backendRefs[0].name ", "warnings received");
      assertThat(created(early)).contains("httproute", "/early created");

      validation("warn");
      bad.forEach((each, manifest) -> awaitSaid(manifest, "Warning: " + each.path() + " "));
      for (String manifest : bad.values()) {
        assertThat(created(manifest, "--dry-run=server")).contains("/refused created");
      }

      validation("off");
      for (String manifest : bad.values()) {
        await()
            .atMost(PATIENCE)
            .ignoreExceptions()
            .until(() -> judged(manifest).contains("/refused created"));
      }

      cluster.kubectl("delete", "configmap/weft-injector");
      awaitSaid(bad.values().iterator().next(), DENIED);
      cluster.kubectl("delete", "httproute", "early");
    }
  }

  private void validation(String mode) {
    cluster.apply(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: weft-injector}
        data:
          config.yaml: "validation: %s"
        """
            .formatted(mode));
  }

  /** Waits until all of that stands in what kubectl complains of. */
  private void awaitSaid(String manifest, String... all) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThatThrownBy(() -> judged(manifest)).message().contains(all));
  }

  /** Fails with what kubectl says if the object is denied, and if there is a warning about it. */
  private String judged(String manifest) {
    return created(manifest, "--dry-run=server", "--warnings-as-errors");
  }

  private static String route(String apiVersion, String name, String match) {
    return """
        apiVersion: %s
        kind: HTTPRoute
        metadata: {name: %s}
        spec:
          parentRefs: [{group: "", kind: Service, name: web}]
          rules:
            - matches: [{%s}]
              backendRefs: [{name: web, port: 80}]
        """
        .formatted(apiVersion, name, match);
  }

  private boolean injected() {
    return dryRun(pod("churn-" + pods++, "", "")).equals("injected");
  }

  /** The status annotation that a pod would have. */
  private String dryRun(String pod) {
    return created(pod, "--dry-run=server", "-o", "jsonpath=" + STATUS);
  }

  /** The same of a pod there; a dry run, so that nothing of it stays. */
  private String dryRunInKubeSystem(String metadata) {
    return created(
        pod("weft-test", metadata, ""),
        "--namespace=kube-system",
        "--dry-run=server",
        "-o",
        "jsonpath=" + STATUS);
  }

  private String create(String metadata, String container) {
    String name = "web-" + pods++;
    created(pod(name, metadata, container));
    return name;
  }

  /** One that is never scheduled: its images are nowhere. */
  private static String pod(String name, String metadata, String container) {
    return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: "
        + name
        + "\n"
        + metadata.indent(2)
        + "spec:\n  nodeSelector: {weft.test/nowhere: \"true\"}\n"
        + "  containers:\n  - name: web\n    image: web:1\n"
        + container.indent(4);
  }

  private String created(String manifest, String... more) {
    try {
      Path file = Files.writeString(folder.resolve("object.yaml"), manifest);
      var arguments = new ArrayList<>(List.of("create", "-f", file.toString()));
      arguments.addAll(List.of(more));
      return cluster.kubectl(arguments.toArray(String[]::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String caBundle() {
    String base64 =
        cluster.everywhere(
            "get",
            "mutatingwebhookconfiguration/weft-injector",
            "-o",
            "jsonpath={.webhooks[0].clientConfig.caBundle}");
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.US_ASCII);
  }
}
