package dev.weft.controlplane.source.kubernetes.object;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.google.protobuf.ByteString;
import dev.weft.proto.discovery.v1.Locality;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** EndpointSlices joined with pods and nodes, and what of it has changed. */
class ClusterObjectsTest {
  private static final String KEY = "endpoints/kubernetes/shop/catalog/catalog-x";
  private static final String SLICE =
      """
      {"metadata": {"name": "catalog-x", "namespace": "shop",
          "labels": {"kubernetes.io/service-name": "catalog"}},
       "addressType": "IPv4",
       "ports": [{"name": "http", "port": 8080, "protocol": "TCP",
                  "appProtocol": "kubernetes.io/h2c"},
                 {"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "any", "port": null}],
       "endpoints": [
         {"addresses": ["10.1.0.9"], "conditions": {"ready": false, "serving": true,
              "terminating": true},
          "targetRef": {"kind": "Pod", "name": "catalog-2", "uid": "p2"}, "nodeName": "n2"},
         {"addresses": ["10.1.0.8", "10.1.0.18"], "conditions": {"ready": true},
          "hostname": "catalog-1", "zone": "z-of-slice", "nodeName": "n1",
          "targetRef": {"kind": "Pod", "name": "catalog-1", "uid": "p1"}},
         {"addresses": ["192.0.2.1"], "conditions": {}}]}
      """;

  private final ClusterObjects objects = new ClusterObjects();

  @Test
  void aSliceSaysWhatItsPodsAndNodesSay() throws Exception {
    objects.putNode("n1", new NodeFacts("r1", "z-of-node", "rack-1"));
    objects.putNode("n2", new NodeFacts("r1", "z2", ""));
    objects.putPod("shop/catalog-1", pod("p1", true));
    objects.putSlice("shop/catalog-x", slice(SLICE));

    ServiceEndpoints stored = stored();
    assertThat(stored.getNamespace()).isEqualTo("shop");
    assertThat(stored.getService()).isEqualTo("catalog");
    assertThat(stored.getPortsList()).hasSize(1);
    assertThat(stored.getPorts(0).getPort()).isEqualTo(8080);
    assertThat(stored.getPorts(0).getAppProtocol()).isEqualTo("kubernetes.io/h2c");
    assertThat(stored.getEndpointsList())
        .extracting(ServiceEndpoint::getAddress)
        .containsExactly("10.1.0.8", "10.1.0.9", "192.0.2.1");
    ServiceEndpoint first = stored.getEndpoints(0);
    assertThat(first.getId()).isEqualTo("catalog-1");
    assertThat(first.getHostname()).isEqualTo("catalog-1");
    assertThat(first.getLocality().getRegion()).isEqualTo("r1");
    assertThat(first.getLocality().getZone()).isEqualTo("z-of-slice");
    assertThat(first.getLocality().getSubZone()).isEqualTo("rack-1");
    assertThat(first.getReady()).isTrue();
    assertThat(first.getServing()).isTrue();
    assertThat(first.getSidecar()).isTrue();
    assertThat(first.getServiceAccount()).isEqualTo("shopkeeper");
    assertThat(first.getLabelsMap()).containsEntry("version", "v1");
    assertThat(first.getIncarnation()).isEqualTo("p1");
    ServiceEndpoint second = stored.getEndpoints(1);
    assertThat(second.getReady()).isFalse();
    assertThat(second.getServing()).isTrue();
    assertThat(second.getTerminating()).isTrue();
    assertThat(second.getLocality().getZone()).isEqualTo("z2");
    assertThat(second.getLabelsMap()).isEmpty();
    ServiceEndpoint third = stored.getEndpoints(2);
    assertThat(third.getId()).isEqualTo("192.0.2.1");
    assertThat(third.getReady()).isTrue();
    assertThat(third.getIncarnation()).isEmpty();
  }

  @Test
  void aNamespaceIsKnownForItsSidecarsUntilTheLastOfThemHasGone() {
    objects.putPod("shop/catalog-1", pod("p1", true));
    objects.putPod("shop/catalog-1", pod("another", true));
    objects.putPod("shop/catalog-2", pod("p2", true));
    objects.putPod("tools/cron", pod("p3", false));
    assertThat(objects.namespacesWithSidecars()).containsExactly("shop");

    objects.removePod("shop/catalog-2");
    objects.removePod("shop/catalog-2");
    assertThat(objects.namespacesWithSidecars()).containsExactly("shop");
    objects.putPod("shop/catalog-1", pod("p4", false));
    assertThat(objects.namespacesWithSidecars()).isEmpty();

    objects.putPod("tools/cron", pod("p3", true));
    objects.replacePods(
        Map.of("a/web", pod("p5", true), "b/web", pod("p6", true), "c/web", pod("p7", false)));
    assertThat(objects.namespacesWithSidecars()).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void whoeverComesLaterIsJoinedLater() throws Exception {
    objects.putSlice("shop/catalog-x", slice(SLICE));
    assertThat(objects.takeChanged()).containsExactly(KEY);

    objects.putPod("shop/catalog-1", pod("another", true));
    assertThat(objects.takeChanged()).isEmpty();
    objects.putPod("shop/catalog-1", pod("p1", false));
    assertThat(objects.takeChanged()).containsExactly(KEY);
    objects.putPod("shop/catalog-1", pod("p1", true));
    assertThat(objects.takeChanged()).containsExactly(KEY);
    objects.putPod("shop/catalog-1", pod("p1", true));
    objects.putPod("shop/nobody", pod("p9", true));
    assertThat(objects.takeChanged()).isEmpty();
    objects.putNode("n2", new NodeFacts("r1", "z2", ""));
    assertThat(objects.takeChanged()).containsExactly("nodes/kubernetes/n2", KEY);
  }

  @Test
  void aNodeIsStoredWhereItSaysWhereItStands() throws Exception {
    String node =
        """
        {"metadata": {"labels": {"topology.kubernetes.io/region": "eu",
                                 "topology.kubernetes.io/zone": "eu-a",
                                 "weft.dev/sub-zone": "rack-1", "other": "1"}}}
        """;
    objects.replaceNodes(
        Map.of("n1", NodeFacts.of(json(node)), "n2", NodeFacts.of(json("{\"metadata\": {}}"))));
    assertThat(objects.takeChanged()).containsExactly("nodes/kubernetes/n1");
    assertThat(
            Locality.parseFrom(Objects.requireNonNull(objects.wanted().get("nodes/kubernetes/n1"))))
        .isEqualTo(
            Locality.newBuilder().setRegion("eu").setZone("eu-a").setSubZone("rack-1").build());

    objects.replaceNodes(Map.of());
    assertThat(objects.takeChanged()).containsExactly("nodes/kubernetes/n1");
    assertThat(objects.wanted()).isEmpty();
  }

  @Test
  void whatASliceHintsIsKept() throws Exception {
    objects.putSlice(
        "shop/catalog-x",
        slice(
            SLICE.replace(
                "\"hostname\": \"catalog-1\",",
                "\"hostname\": \"catalog-1\", \"hints\": {\"forZones\": [{\"name\": \"z2\"},"
                    + " {\"name\": \"z1\"}], \"forNodes\": [{\"name\": \"n1\"}]},")));
    assertThat(stored().getEndpoints(0).getForZonesList()).containsExactly("z1", "z2");
    assertThat(stored().getEndpoints(0).getForNodesList()).containsExactly("n1");
    assertThat(stored().getEndpoints(1).getForZonesCount()).isZero();
  }

  @Test
  void orderIsNoNewsAndWhatIsGoneIsToBeRemoved() throws Exception {
    objects.putPod("shop/catalog-1", pod("p1", true));
    objects.replaceSlices(Map.of("shop/catalog-x", slice(SLICE)));
    ByteString bytes = bytes();
    objects.takeChanged();

    JsonNode reversed = json(SLICE);
    ArrayNode endpoints = (ArrayNode) reversed.path("endpoints");
    endpoints.add(endpoints.remove(0));
    objects.replaceSlices(Map.of("shop/catalog-x", slice(reversed.toString())));
    assertThat(objects.takeChanged()).isEmpty();
    assertThat(bytes()).isEqualTo(bytes);

    objects.putSlice("shop/catalog-x", slice(SLICE.replace(": \"catalog\"}", ": \"other\"}")));
    assertThat(objects.takeChanged())
        .containsExactlyInAnyOrder(KEY, "endpoints/kubernetes/shop/other/catalog-x");
    assertThat(objects.wanted()).doesNotContainKey(KEY);
    objects.replaceSlices(Map.of());
    assertThat(objects.wanted()).isEmpty();
    assertThat(objects.takeChanged()).containsExactly("endpoints/kubernetes/shop/other/catalog-x");
  }

  @Test
  void slicesWithoutServiceOrOfNamesAreNotOurs() throws Exception {
    assertThat(SliceFacts.of(json(SLICE.replace("IPv4", "FQDN")))).isNull();
    assertThat(SliceFacts.of(json(SLICE.replace("kubernetes.io/service-name", "other")))).isNull();
    assertThat(SliceFacts.of(json(SLICE.replace("IPv4", "IPv6")))).isNotNull();
  }

  @Test
  void aSliceThatIsTooLargeGoesWithoutLabels() throws Exception {
    Map<String, String> labels = new HashMap<>();
    for (int i = 0; i < 2_000; i++) {
      labels.put("label-" + i, "v".repeat(300));
    }
    objects.putPod("shop/catalog-1", new PodFacts("p1", "shopkeeper", true, 0, labels));
    objects.putSlice("shop/catalog-x", slice(SLICE));

    assertThat(bytes().size()).isLessThan(1 << 20);
    assertThat(stored().getEndpoints(0).getLabelsMap()).isEmpty();
    assertThat(stored().getEndpoints(0).getSidecar()).isTrue();
  }

  @Test
  void documentsThatAreGoneAreRemoved() throws Exception {
    Documents.Stored one = new Documents.Stored("policy/kubernetes/Service/a/b", bytes("1"));
    Documents.Stored two = new Documents.Stored("policy/kubernetes/Service/a/c", bytes("2"));
    objects.replaceDocuments("Service", Map.of("a/b", one, "a/c", two));
    assertThat(objects.takeChanged()).containsExactlyInAnyOrder(one.key(), two.key());

    objects.replaceDocuments("Service", Map.of("a/c", two));
    objects.replaceDocuments("HTTPRoute", Map.of());
    assertThat(objects.takeChanged()).containsExactly(one.key());
    objects.removeDocument("Service", "a/c");
    objects.removeDocument("Service", "a/never");
    assertThat(objects.takeChanged()).containsExactly(two.key());
    assertThat(objects.wanted()).isEmpty();
  }

  @Test
  void aPodSaysWhetherItHasASidecar() throws Exception {
    String pod =
        """
        {"metadata": {"uid": "p1", "creationTimestamp": "1970-01-01T00:00:01Z",
          "labels": {"version": "v1"}, "annotations": {%s}},
         "spec": {"serviceAccountName": "shopkeeper"}}
        """;
    assertThat(PodFacts.of(json(pod.formatted("")))).isEqualTo(pod("p1", false));
    assertThat(PodFacts.of(json(pod.formatted("\"weft.dev/status\": \"injected\""))))
        .isEqualTo(pod("p1", true));
  }

  private ServiceEndpoints stored() throws Exception {
    return ServiceEndpoints.parseFrom(bytes());
  }

  private ByteString bytes() {
    return Objects.requireNonNull(objects.wanted().get(KEY));
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static PodFacts pod(String uid, boolean sidecar) {
    return new PodFacts(uid, "shopkeeper", sidecar, 1_000, Map.of("version", "v1"));
  }

  private static SliceFacts slice(String text) throws Exception {
    return Objects.requireNonNull(SliceFacts.of(json(text)));
  }

  private static JsonNode json(String text) throws Exception {
    return new ObjectMapper().readTree(text);
  }
}
