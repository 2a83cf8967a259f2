package dev.weft.controlplane.source.kubernetes.object;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.proto.policy.v1.Policy;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What is stored of an object that Kubernetes has. */
class DocumentsTest {
  private static final String SERVICE =
      """
      {"metadata": {"name": "catalog", "namespace": "shop", "uid": "u1", "generation": 2,
          "resourceVersion": "17", "creationTimestamp": "2026-11-21T10:00:00Z",
          "labels": {"app": "catalog", "weft.dev/a": "b", "notweft.dev/a": "b"},
          "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}",
              "mesh.weft.dev/note": "x\\u2028y", "gateway.networking.k8s.io/c": "d"},
          "managedFields": [{"manager": "kubectl"}]},
       "spec": {"clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7"], "type": "ClusterIP",
          "internalTrafficPolicy": "Cluster", "selector": {"app": "catalog"},
          "sessionAffinity": "None",
          "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]},
       "status": {"loadBalancer": {}}}
      """;

  @Test
  void aServiceKeepsWhatItWants() throws Exception {
    Documents.Stored stored = Documents.of("Service", "v1", json(SERVICE));

    assertThat(stored.key()).isEqualTo("policy/kubernetes/Service/shop/catalog");
    Policy policy = Policy.parseFrom(stored.bytes());
    assertThat(policy.getSource()).isEqualTo("kubernetes");
    assertThat(policy.getKey().getNamespace()).isEqualTo("shop");
    assertThat(policy.getCreatedAtMillis())
        .isEqualTo(Instant.parse("2026-11-21T10:00:00Z").toEpochMilli());
    assertThat(policy.getChangedAtMillis()).isZero();
    assertThat(policy.getJson())
        .isEqualTo(
            "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"annotations\":{"
                + "\"gateway.networking.k8s.io/c\":\"d\",\"mesh.weft.dev/note\":\"x\\u2028y\"},"
                + "\"creationTimestamp\":\"2026-11-21T10:00:00Z\",\"generation\":2,"
                + "\"labels\":{\"weft.dev/a\":\"b\"},\"name\":\"catalog\",\"namespace\":\"shop\","
                + "\"uid\":\"u1\"},\"spec\":{\"clusterIPs\":[\"10.0.0.7\"],"
                + "\"internalTrafficPolicy\":\"Cluster\",\"ports\":[{\"name\":"
                + "\"http\",\"port\":80,\"protocol\":\"TCP\",\"targetPort\":8080}],"
                + "\"sessionAffinity\":\"None\",\"type\":\"ClusterIP\"}}");
    assertThat(PolicyReader.DOCUMENTS.read(policy))
        .isInstanceOf(PolicyReader.Decoded.OfService.class);
  }

  @Test
  void whatNobodyReadsChangesNoByte() throws Exception {
    ByteString before = Documents.of("Service", "v1", json(SERVICE)).bytes();
    String touched =
        SERVICE
            .replace("\"17\"", "\"18\"")
            .replace("\"loadBalancer\": {}", "\"loadBalancer\": {\"ingress\": []}")
            .replace("\"manager\": \"kubectl\"", "\"manager\": \"other\"")
            .replace("\"app\": \"catalog\", \"weft", "\"app\": \"other\", \"weft");

    assertThat(touched).isNotEqualTo(SERVICE);
    assertThat(Documents.of("Service", "v1", json(touched)).bytes()).isEqualTo(before);
    assertThat(Documents.of("Service", "v1", json(SERVICE.replace("8080", "8081"))).bytes())
        .isNotEqualTo(before);
  }

  @Test
  void theTimeOfAChangeIsWrittenButNotCompared() throws Exception {
    ByteString bytes = Documents.of("Service", "v1", json(SERVICE)).bytes();
    ByteString written = Documents.stamped(bytes, 1234, 7);

    assertThat(Policy.parseFrom(written).getChangedAtMillis()).isEqualTo(1234);
    assertThat(Policy.parseFrom(written).getVersion()).isEqualTo(7);
    assertThat(Documents.unstamped(written)).isEqualTo(bytes);
    ByteString rubbish = ByteString.copyFromUtf8("\u0001");
    assertThat(Documents.unstamped(rubbish)).isEqualTo(rubbish);
  }

  @Test
  void fieldsOfANewerVersionStayAndWhatHasNoNamespaceIsUnderItsName() throws Exception {
    Documents.Stored route =
        Documents.of(
            "HTTPRoute",
            "gateway.networking.k8s.io/v1",
            json(
                """
                {"metadata": {"name": "r", "namespace": "shop"},
                 "spec": {"future": {"b": 0.25, "a": [1, null, true, {}]}}}
                """));
    assertThat(Policy.parseFrom(route.bytes()).getJson())
        .contains("\"spec\":{\"future\":{\"a\":[1,null,true,{}],\"b\":0.25}}");

    Documents.Stored namespace =
        Documents.of("Namespace", "v1", json("{\"metadata\": {\"name\": \"shop\"}}"));
    assertThat(namespace.key()).isEqualTo("policy/kubernetes/Namespace/shop/shop");
    assertThat(Policy.parseFrom(namespace.bytes()).getJson()).endsWith("\"spec\":{}}");
  }

  private static JsonNode json(String text) throws Exception {
    return new ObjectMapper().readTree(text);
  }
}
