package dev.weft.controlplane.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.DeleteRequest;
import dev.weft.proto.policy.v1.GetRevisionRequest;
import dev.weft.proto.policy.v1.HistoryRequest;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.RollbackRequest;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.ListOverridesRequest;
import dev.weft.proto.registry.v1.RecoverRequest;
import dev.weft.proto.registry.v1.RecoverRequest.Action;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.SetInstanceOverrideRequest;
import dev.weft.proto.registry.v1.SetZoneMaintenanceRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ApiRulesTest {
  private static final Caller JANE = new Caller("jane", "", List.of(), Map.of(), null);

  @Test
  void whatIsAppliedNeedsTheRightsToItsOwnKindInItsOwnNamespace() throws Exception {
    String manifests =
        """
        apiVersion: v1
        kind: List
        items:
        - {apiVersion: v1, kind: Service, metadata: {name: catalog}, spec: {}}
        - apiVersion: gateway.networking.k8s.io/v1
          kind: HTTPRoute
          metadata: {name: canary, namespace: shop}
        ---
        apiVersion: weft.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: strict, namespace: shop}
        spec: {nonsense: true}
        ---
        kind: Novelty
        metadata: {namespace: elsewhere}
        """;
    List<Access> needs =
        ApiRules.needs(
            ApplyRequest.newBuilder()
                .addManifests(Manifest.newBuilder().setName("all.yaml").setContent(manifests))
                .build());
    assertThat(needs.stream().map(Access::shown))
        .containsExactly(
            "create services in namespace \"default\"",
            "update services \"catalog\" in namespace \"default\"",
            "create httproutes.gateway.networking.k8s.io in namespace \"shop\"",
            "update httproutes.gateway.networking.k8s.io \"canary\" in namespace \"shop\"",
            "create trafficpolicies.weft.dev in namespace \"shop\"",
            "update trafficpolicies.weft.dev \"strict\" in namespace \"shop\"",
            "create novelties.weft.dev in namespace \"elsewhere\"",
            "update novelties.weft.dev in namespace \"elsewhere\"");
  }

  @Test
  void whatIsReadNeedsItsOwnVerb() throws Exception {
    assertThat(ApiRules.needs(ListRequest.newBuilder().setKind("HTTPRoute").build()))
        .containsExactly(new Access("list", "gateway.networking.k8s.io", "httproutes", "", ""));
    assertThat(ApiRules.needs(ListRequest.newBuilder().setNamespace("shop").build()))
        .contains(
            new Access("list", "", "services", "shop", ""),
            new Access("list", "gateway.networking.k8s.io", "tlsroutes", "shop", ""),
            new Access("list", "gateway.networking.k8s.io", "tcproutes", "shop", ""),
            new Access("list", "weft.dev", "trafficpolicies", "shop", ""));
    assertThat(
            ApiRules.needs(
                DeleteRequest.newBuilder()
                    .setKey(
                        PolicyKey.newBuilder()
                            .setKind("TrafficPolicy")
                            .setNamespace("shop")
                            .setName("strict"))
                    .build()))
        .containsExactly(new Access("delete", "weft.dev", "trafficpolicies", "shop", "strict"));
    assertThat(ApiRules.needs(ListNodesRequest.getDefaultInstance()))
        .containsExactly(new Access("list", "weft.dev", "sidecars", "", ""));
    assertThat(ApiRules.needs(ListInstancesRequest.newBuilder().setNamespace("shop").build()))
        .containsExactly(new Access("list", "weft.dev", "instances", "shop", ""));
  }

  @Test
  void thePastIsReadAsThePresentAndARollbackNeedsWhatItMayDo() throws Exception {
    var one =
        HistoryRequest.newBuilder().setKind("HTTPRoute").setNamespace("shop").setName("canary");
    assertThat(ApiRules.needs(one.build()).stream().map(Access::shown))
        .containsExactly(
            "get httproutes.gateway.networking.k8s.io \"canary\" in namespace \"shop\"");
    assertThat(ApiRules.needs(one.clearName().build()).stream().map(Access::shown))
        .containsExactly("list httproutes.gateway.networking.k8s.io in namespace \"shop\"");
    assertThat(ApiRules.needs(GetRevisionRequest.newBuilder().setKind("Service").build()))
        .containsExactly(new Access("list", "", "services", "", ""));

    var rollback =
        RollbackRequest.newBuilder().setKind("HTTPRoute").setNamespace("shop").setName("canary");
    assertThat(ApiRules.needs(rollback.build()).stream().map(Access::shown))
        .containsExactly(
            "create httproutes.gateway.networking.k8s.io in namespace \"shop\"",
            "update httproutes.gateway.networking.k8s.io \"canary\" in namespace \"shop\"",
            "delete httproutes.gateway.networking.k8s.io \"canary\" in namespace \"shop\"");
    assertThat(ApiRules.needs(RollbackRequest.getDefaultInstance()))
        .contains(
            new Access("create", "", "services", "", ""),
            new Access("update", "weft.dev", "trafficpolicies", "", ""),
            new Access("delete", "gateway.networking.k8s.io", "referencegrants", "", ""));
  }

  @Test
  void anOperatorNeedsToUpdateInstancesOrZones() throws Exception {
    assertThat(
            ApiRules.needs(
                SetInstanceOverrideRequest.newBuilder()
                    .setNamespace("shop")
                    .setId("catalog-1")
                    .build()))
        .containsExactly(new Access("update", "weft.dev", "instances", "shop", "catalog-1"));
    assertThat(ApiRules.needs(SetZoneMaintenanceRequest.newBuilder().setZone("b").build()))
        .containsExactly(new Access("update", "weft.dev", "zones", "", "b"));
    assertThat(ApiRules.needs(ListOverridesRequest.getDefaultInstance()))
        .containsExactly(new Access("list", "weft.dev", "instances", "", ""));
    assertThat(ApiRules.needs(RecoverRequest.newBuilder().setAction(Action.RESTORE).build()))
        .containsExactly(new Access("update", "weft.dev", "instances", "", ""));
    assertThat(ApiRules.needs(RecoverRequest.newBuilder().setAction(Action.ACCEPT).build()))
        .contains(
            new Access("update", "weft.dev", "instances", "", ""),
            new Access("delete", "", "services", "", ""),
            new Access("delete", "weft.dev", "trafficpolicies", "", ""));
    assertThat(ApiRules.needs(RecoverRequest.getDefaultInstance()))
        .containsExactly(new Access("list", "weft.dev", "instances", "", ""));
    assertThat(new Access("update", "weft.dev", "instances", "shop", "catalog-1").remedy(JANE))
        .isEqualTo(
            "kubectl create rolebinding weft-edit-jane --clusterrole=weft-edit --user=jane -n shop");
    assertThat(new Access("update", "weft.dev", "zones", "", "b").remedy(JANE))
        .isEqualTo(
            "kubectl create clusterrolebinding weft-operate-jane --clusterrole=weft-operate"
                + " --user=jane");
  }

  @Test
  void whatHasNoRuleIsRefused() {
    assertThatThrownBy(() -> ApiRules.needs(RegisterRequest.getDefaultInstance()))
        .hasMessageContaining("nothing registers itself here")
        .hasMessageContaining("--register off");
    assertThatThrownBy(() -> ApiRules.needs("something else"))
        .hasMessageContaining("there is no rule for it");
  }

  @Test
  void theRemedyIsACommandThatGivesTheRight() {
    assertThat(new Access("list", "weft.dev", "sidecars", "", "").remedy(JANE))
        .isEqualTo(
            "kubectl create clusterrolebinding weft-view-jane --clusterrole=weft-view --user=jane");
    assertThat(new Access("list", "weft.dev", "trafficpolicies", "", "").remedy(JANE))
        .isEqualTo(
            "kubectl create clusterrole weft-list-trafficpolicies --verb=list"
                + " --resource=trafficpolicies.weft.dev && kubectl create clusterrolebinding"
                + " weft-list-trafficpolicies --clusterrole=weft-list-trafficpolicies --user=jane");
    Caller account = new Caller("system:serviceaccount:ci:robot", "", List.of(), Map.of(), null);
    assertThat(new Access("get", "", "services", "shop", "catalog").remedy(account))
        .isEqualTo(
            "kubectl create role weft-get-services --verb=get --resource=services -n shop &&"
                + " kubectl create rolebinding weft-get-services --role=weft-get-services"
                + " --serviceaccount=ci:robot -n shop");
  }
}
