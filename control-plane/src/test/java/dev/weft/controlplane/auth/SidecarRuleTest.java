package dev.weft.controlplane.auth;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.proto.discovery.v1.AppConfigDemand;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.Node;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** In a cluster a pod's sidecar is given what is for that pod. */
class SidecarRuleTest {
  private static final Caller WEB =
      new Caller(
          "system:serviceaccount:shop:web",
          "",
          List.of(),
          Map.of(),
          new Caller.Pod("shop", "web-0", "uid"));

  @Test
  void aPodDemandsItsOwnConfiguration() {
    assertThatCode(() -> SidecarRule.check(WEB, demand(""))).doesNotThrowAnyException();
  }

  @Test
  void aPodIsNotGivenTheConfigurationOfAServiceThatItNames() {
    assertThatThrownBy(() -> SidecarRule.check(WEB, demand("payments")))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("may not be given the configuration of the service \"payments\"");
  }

  private static DiscoveryRequest demand(String service) {
    return DiscoveryRequest.newBuilder()
        .setNode(Node.newBuilder().setId("web-0").setNamespace("shop").setService(service))
        .setAppConfig(AppConfigDemand.getDefaultInstance())
        .build();
  }
}
