package dev.weft.controlplane.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.validate.RouteConditions.Condition;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusRulesTest {
  private static final String HTTP_ROUTE =
      """
      {"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute",
      "metadata":{"name":"%s","namespace":"shop","generation":7,"uid":"u-1"},
      "spec":{"parentRefs":[%s],"rules":[{"backendRefs":[{"name":"%s","port":80}]}]}}""";
  private static final String WEB =
      """
      {"group":"","kind":"Service","name":"web","port":80}""";
  private static final String GATEWAY =
      """
      {"group":"gateway.networking.k8s.io","kind":"Gateway","name":"edge"}""";
  private static final String POLICY =
      """
      {"apiVersion":"weft.dev/v1alpha1","kind":"TrafficPolicy",
      "metadata":{"name":"%s","namespace":"shop","generation":2,"uid":"u-2"},
      "spec":{"targetRefs":[{"kind":"Service","name":"%s"}],%s}}""";

  private final List<Entry> entries = new ArrayList<>();
  private long revision;

  @Test
  void aRouteIsAcceptedByItsServiceWithTheReferenceAsItStandsInTheSpec() {
    service("web");
    Policy route = put("HTTPRoute", "web", HTTP_ROUTE.formatted("web", WEB, "web"), 1);

    WantedStatus wanted = of(route);

    assertThat(wanted.generation()).isEqualTo(7);
    assertThat(wanted.uid()).isEqualTo("u-1");
    assertThat(wanted.entries()).hasSize(1);
    assertThat(wanted.entries().getFirst().reference()).isEqualTo(json(WEB));
    assertThat(wanted.entries().getFirst().conditions())
        .extracting(Condition::type, Condition::holds, Condition::reason)
        .containsExactly(
            tuple("Accepted", true, "Accepted"), tuple("ResolvedRefs", true, "ResolvedRefs"));
    assertThat(wanted.problems()).isEmpty();
  }

  @Test
  void aBackendThatIsNotThereIsSaidSo() {
    service("web");
    Policy route = put("HTTPRoute", "web", HTTP_ROUTE.formatted("web", WEB, "wbe"), 1);

    assertThat(of(route).problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.reason()).isEqualTo("BackendNotFound");
              assertThat(problem.message()).contains("spec.rules[0].backendRefs[0]", "shop/wbe");
            });
  }

  @Test
  void ofGatewaysTheirOwnControllersSpeak() {
    service("web");
    Policy both =
        put("HTTPRoute", "both", HTTP_ROUTE.formatted("both", GATEWAY + "," + WEB, "web"), 1);
    Policy edge = put("HTTPRoute", "edge", HTTP_ROUTE.formatted("edge", GATEWAY, "web"), 1);

    assertThat(of(both).entries())
        .singleElement()
        .satisfies(entry -> assertThat(entry.reference()).isEqualTo(json(WEB)));
    assertThat(of(edge).entries()).isEmpty();
  }

  @Test
  void whatOurRulesRefuseIsNotAcceptedAndSaysWhere() {
    service("web");
    String broken =
        HTTP_ROUTE
            .formatted("web", WEB, "web")
            .replace("\"port\":80}]}]", "\"port\":80,\"weight\":-1}]}]");

    Policy route = put("HTTPRoute", "web", broken, 1);

    assertThat(of(route).problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.type()).isEqualTo("Accepted");
              assertThat(problem.message()).contains("weight");
            });
  }

  @Test
  void aPolicySaysOfEachTargetWhatBecameOfIt() {
    service("web");
    Policy older =
        put(
            "TrafficPolicy",
            "a",
            POLICY.formatted("a", "web", "\"timeouts\":{\"request\":\"1s\"}"),
            1);
    Policy part =
        put(
            "TrafficPolicy",
            "b",
            POLICY.formatted(
                "b",
                "web",
                "\"timeouts\":{\"request\":\"2s\"},\"connectionLimits\":{\"maxRequests\":5}"),
            2);
    Policy whole =
        put(
            "TrafficPolicy",
            "c",
            POLICY.formatted("c", "web", "\"timeouts\":{\"request\":\"3s\"}"),
            3);
    Policy lost =
        put(
            "TrafficPolicy",
            "d",
            POLICY.formatted("d", "wbe", "\"timeouts\":{\"request\":\"3s\"}"),
            4);

    assertThat(only(older))
        .extracting(Condition::holds, Condition::reason)
        .containsExactly(true, "Accepted");
    assertThat(only(part).holds()).isTrue();
    assertThat(only(part).message()).contains("timeouts.request by TrafficPolicy shop/a");
    assertThat(only(whole))
        .extracting(Condition::holds, Condition::reason)
        .containsExactly(false, "Conflicted");
    assertThat(only(lost))
        .extracting(Condition::holds, Condition::reason)
        .containsExactly(false, "TargetNotFound");
  }

  private Condition only(Policy policy) {
    WantedStatus wanted = of(policy);
    assertThat(wanted.entries()).hasSize(1);
    assertThat(wanted.entries().getFirst().conditions()).hasSize(1);
    return wanted.entries().getFirst().conditions().getFirst();
  }

  private WantedStatus of(Policy document) {
    RegistryView view = RegistryView.of("store", revision, entries, PolicyReader.DOCUMENTS);
    return new StatusRules(view).of(document, json(document.getJson()));
  }

  private void service(String name) {
    put(
        "Service",
        name,
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"%s","namespace":"shop"},
        "spec":{"clusterIPs":["10.96.0.9"],"type":"ClusterIP","ports":[{"port":80,"protocol":"TCP"}]}}"""
            .formatted(name),
        1);
  }

  private Policy put(String kind, String name, String json, long createdAtMillis) {
    Policy policy =
        Policy.newBuilder()
            .setKey(PolicyKey.newBuilder().setKind(kind).setNamespace("shop").setName(name))
            .setJson(json)
            .setSource(Keyspace.KUBERNETES)
            .setCreatedAtMillis(createdAtMillis)
            .build();
    revision++;
    entries.add(
        new Entry(
            Keyspace.policy(Keyspace.KUBERNETES, kind, "shop", name),
            policy.toByteString(),
            revision,
            revision));
    return policy;
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
