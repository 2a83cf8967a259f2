package dev.weft.cli.check.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.install.InstalledObjects;
import dev.weft.controlplane.validate.policy.Kinds;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a cluster has to have before anything can be installed. */
class ClusterRulesTest {
  @BeforeEach
  void distribution() {
    System.setProperty("weft.home", "../deploy");
  }

  @AfterEach
  void noDistribution() {
    System.clearProperty("weft.home");
  }

  @ParameterizedTest
  @CsvSource({
    "v1.33.13, OK, has native sidecars",
    "v1.29.0-eks-1, OK, has native sidecars",
    "v1.28.4, WARNING, has no native sidecars",
    "v1.27.1, ERROR, matchConditions",
    "tomorrow, NOTICE, is not understood"
  })
  void the_version_decides_about_native_sidecars(String version, String severity, String message) {
    assertThat(
            Judged.by(new ClusterVersionCheck("https://c", version)).of(CheckId.KUBERNETES_VERSION))
        .singleElement()
        .asString()
        .startsWith(severity)
        .contains(message);
  }

  @Test
  void every_kind_has_to_be_served_in_a_version_that_is_understood() {
    Map<String, List<String>> served = new HashMap<>();
    Kinds.served().forEach(kind -> served.put(GatewayApiCheck.key(kind), kind.versions()));
    assertThat(Judged.by(new GatewayApiCheck(served, true)).complaints()).isEmpty();

    served.remove("tcproutes.gateway.networking.k8s.io");
    served.remove("grpcroutes.gateway.networking.k8s.io");
    served.remove("trafficpolicies.weft.dev");
    served.put("httproutes.gateway.networking.k8s.io", List.of("v1alpha2"));

    Judged judged = Judged.by(new GatewayApiCheck(served, true));
    assertThat(judged.of(CheckId.GATEWAY_API))
        .containsExactly(
            "ERROR HTTPRoute: is served as v1alpha2 only, expected v1",
            "ERROR GRPCRoute: is not installed",
            "NOTICE TCPRoute: is not installed: there are no routes of that kind");
    assertThat(judged.of(CheckId.TRAFFIC_POLICY))
        .containsExactly("ERROR TrafficPolicy: is not installed");
    assertThat(Judged.by(new GatewayApiCheck(served, false)).of(CheckId.TRAFFIC_POLICY)).isEmpty();
  }

  @Test
  void what_an_installer_needs_follows_from_the_manifests() {
    assertThat(AccessNeeds.ofInstaller(InstalledObjects.read()))
        .contains(
            new Access("create", "apiextensions.k8s.io", "customresourcedefinitions", "", "", ""),
            new Access(
                "create",
                "admissionregistration.k8s.io",
                "mutatingwebhookconfigurations",
                "",
                "",
                ""),
            new Access("create", "apps", "deployments", "", "weft-system", ""),
            new Access("create", "", "namespaces", "", "", ""),
            new Access("escalate", "rbac.authorization.k8s.io", "clusterroles", "", "", ""));
  }

  @Test
  void what_the_control_plane_needs_follows_from_its_roles() {
    assertThat(AccessNeeds.ofControlPlane(InstalledObjects.read()))
        .contains(
            new Access("create", "authentication.k8s.io", "tokenreviews", "", "", ""),
            new Access("patch", "gateway.networking.k8s.io", "httproutes", "status", "", ""),
            new Access("get", "", "secrets", "", "weft-system", "weft-ca"),
            new Access(
                "get", "", "configmaps", "", "kube-system", "extension-apiserver-authentication"));
  }

  @Test
  void what_is_missing_is_named_in_kubectls_words() {
    Map<Access, Boolean> answers = new HashMap<>();
    answers.put(new Access("create", "apps", "deployments", "", "weft-system", ""), true);
    answers.put(new Access("patch", "gw", "httproutes", "status", "", ""), false);

    assertThat(
            Judged.by(new AccessCheck(CheckId.INSTALL_RIGHTS, "jane", answers, "ask"))
                .of(CheckId.INSTALL_RIGHTS))
        .containsExactly("ERROR jane may not patch httproutes.gw/status");
    answers.replaceAll((access, allowed) -> true);
    assertThat(
            Judged.by(new AccessCheck(CheckId.INSTALL_RIGHTS, "jane", answers, "ask")).complaints())
        .isEmpty();
  }

  @Test
  void leftovers_are_told_apart_by_the_harm_they_do() {
    List<HasMetadata> objects =
        List.of(
            new MutatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName("weft-injector")
                .endMetadata()
                .build(),
            new NamespaceBuilder()
                .withNewMetadata()
                .withName("weft-system")
                .withDeletionTimestamp("2026-03-01T12:00:00Z")
                .endMetadata()
                .build(),
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("weft-ca")
                .withNamespace("shop")
                .endMetadata()
                .build());

    assertThat(Judged.by(new LeftoversCheck("weft-system", objects)).of(CheckId.LEFTOVERS))
        .containsExactly(
            "ERROR MutatingWebhookConfiguration weft-injector: is asked about new pods of the mesh's"
                + " namespaces, and nobody answers: they are refused",
            "ERROR namespace weft-system: is still being deleted",
            "WARNING there is ConfigMap shop/weft-ca, but no control plane");
    assertThat(Judged.by(new LeftoversCheck("weft-system", List.of())).complaints()).isEmpty();
  }

  @Test
  void another_mesh_that_wants_the_same_pods_is_named() {
    Namespace both =
        new NamespaceBuilder()
            .withNewMetadata()
            .withName("shop")
            .withLabels(Map.of("weft.dev/inject", "enabled", "istio-injection", "enabled"))
            .endMetadata()
            .build();
    var pod =
        new PodBuilder(PodsOf.meshed("web-0"))
            .editSpec()
            .addNewContainer()
            .withName("istio-proxy")
            .endContainer()
            .endSpec()
            .build();
    List<String> webhooks = List.of("istio-sidecar-injector", "weft-injector");

    assertThat(
            Judged.by(new OtherMeshCheck(List.of(both), List.of(pod), webhooks))
                .of(CheckId.OTHER_MESH))
        .containsExactly(
            "ERROR pod shop/web-0: has a sidecar of Istio, too: both take its connections",
            "ERROR namespace shop: asks for Istio, too (istio-injection=enabled), which is installed"
                + " (mutatingwebhookconfiguration istio-sidecar-injector)");
    both.getMetadata().setLabels(Map.of("istio-injection", "disabled"));
    assertThat(
            Judged.by(new OtherMeshCheck(List.of(both), List.of(), webhooks)).all().stream()
                .map(finding -> finding.message())
                .collect(Collectors.joining()))
        .isEqualTo("no other mesh (Istio is installed) wants the same pods");
  }
}
