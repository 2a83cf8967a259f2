package dev.weft.controlplane.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.controlplane.model.KubernetesService;
import dev.weft.controlplane.model.Service;
import dev.weft.controlplane.model.ServicePort;
import dev.weft.controlplane.model.ServiceTraffic;
import dev.weft.controlplane.validate.policy.InvalidPolicyException;
import dev.weft.controlplane.validate.policy.PolicyObject;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Service that Kubernetes has accepted is never refused. */
class KubernetesServicesTest {
  @Test
  void a_cluster_ip_service_has_its_addresses_and_no_selector() throws InvalidPolicyException {
    assertThat(
            service(
                """
                {"type": "LoadBalancer", "selector": {"app": "web"}, "clusterIP": "10.96.0.1",
                 "clusterIPs": ["10.96.0.1", "fd00::1"], "trafficDistribution": "PreferClose",
                 "publishNotReadyAddresses": true, "sessionAffinity": "ClientIP",
                 "internalTrafficPolicy": "Local",
                 "ports": [{"name": "http", "port": 80, "targetPort": "web", "nodePort": 30080},
                           {"name": "dns", "port": 53, "protocol": "UDP"},
                           {"name": "grpc", "port": 9000, "protocol": "TCP",
                            "appProtocol": "kubernetes.io/h2c"}]}
                """))
        .isEqualTo(
            new Service(
                "shop",
                "web",
                List.of(
                    ServicePort.of("http", 80),
                    new ServicePort("grpc", 9000, 0, "", "kubernetes.io/h2c")),
                Map.of(),
                true,
                "kubernetes",
                7,
                new KubernetesService(List.of("10.96.0.1", "fd00:0:0:0:0:0:0:1"), false, "", true),
                new ServiceTraffic(false, true, true)));
  }

  @Test
  void a_headless_service_has_no_address_and_may_have_no_port() throws InvalidPolicyException {
    Service service = service("{\"clusterIP\": \"None\", \"clusterIPs\": [\"None\"]}");

    assertThat(service.ports()).isEmpty();
    assertThat(service.kubernetes()).isEqualTo(new KubernetesService(List.of(), true, "", false));
  }

  @Test
  void an_external_name_has_no_port_of_the_mesh() throws InvalidPolicyException {
    Service service =
        service(
            "{\"type\": \"ExternalName\", \"externalName\": \"example.org\","
                + " \"ports\": [{\"port\": 443}]}");

    assertThat(service.ports()).isEmpty();
    assertThat(service.kubernetes())
        .isEqualTo(new KubernetesService(List.of(), false, "example.org", false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"ports\": null, \"clusterIP\": null}",
        "{\"ports\": {\"port\": 80}, \"clusterIPs\": \"10.96.0.1\"}",
        "{\"ports\": [80, {\"port\": \"http\"}, {\"port\": 0}, {\"port\": 99999}]}",
        "{\"type\": \"Newer\", \"fromTheFuture\": {\"a\": [1]}, \"clusterIPs\": [\"x\", 1]}"
      })
  void nothing_in_it_is_an_error(String spec) throws InvalidPolicyException {
    assertThat(service(spec).ports()).isEmpty();
  }

  @Test
  void the_same_document_applied_by_a_person_is_checked() {
    assertThatThrownBy(() -> decode("{\"type\": \"ExternalName\"}", "apply"))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("spec.type");
  }

  private static Service service(String spec) throws InvalidPolicyException {
    return decode(spec, "kubernetes");
  }

  private static Service decode(String spec, String source) throws InvalidPolicyException {
    Policy stored =
        Policy.newBuilder()
            .setKey(PolicyKey.newBuilder().setKind("Service").setNamespace("shop").setName("web"))
            .setSource(source)
            .setJson(
                "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"web\","
                    + " \"namespace\": \"shop\", \"uid\": \"1\", \"generation\": 2}, \"spec\": "
                    + spec
                    + "}")
            .build();
    return ((PolicyObject.OfService) DocumentDecoder.decodeStored(stored, 7)).service();
  }
}
