package dev.weft.sidecar.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.Locality;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whom the hints of all endpoints together make a caller prefer: as kube-proxy reads them. */
class TopologyHintsTest {
  private static final String NONE = "";

  private final List<EndpointConfig> endpoints = new ArrayList<>();

  @Test
  void everyEndpointHasAHintAndOneIsForTheCallersZone() {
    endpoint("a1", "a", NONE);
    endpoint("b1", "b", NONE);
    endpoint("a2", "a,c", NONE);
    assertThat(preferred("", "a")).containsExactly("a1", "a2");
    assertThat(preferred("", "c")).containsExactly("a2");
    assertThat(preferred("", "b")).containsExactly("b1");
    assertThat(hints("", "a")).hasToString("zone a");
  }

  @Test
  void nobodyIsPreferredInAZoneWithoutEndpoints() {
    endpoint("a1", "a", NONE);
    endpoint("b1", "b", NONE);
    assertThat(hints("", "d")).isNull();
  }

  @Test
  void oneEndpointWithoutAHintIsEnoughForAllToBeAlike() {
    endpoint("a1", "a", NONE);
    endpoint("b1", NONE, NONE);
    assertThat(hints("", "a")).isNull();
  }

  @Test
  void whoDoesNotKnowItsZoneTakesAll() {
    endpoint("a1", "a", NONE);
    assertThat(hints("", "")).isNull();
    assertThat(hints("node-1", "")).isNull();
  }

  @Test
  void withoutEndpointsThereIsNothingToPrefer() {
    assertThat(hints("node-1", "a")).isNull();
  }

  @Test
  void theCallersOwnNodeGoesBeforeItsZone() {
    endpoint("a1", "a", "node-1");
    endpoint("a2", "a", "node-2");
    endpoint("b1", "b", "node-3");
    assertThat(preferred("node-1", "a")).containsExactly("a1");
    assertThat(hints("node-1", "a")).hasToString("node node-1");
    // None on its node: those of its zone; none there either: all.
    assertThat(preferred("node-9", "a")).containsExactly("a1", "a2");
    assertThat(hints("node-9", "d")).isNull();
    // A node is known before its zone is.
    assertThat(preferred("node-3", "")).containsExactly("b1");
  }

  @Test
  void hintsForNodesCountOnlyWhereEveryEndpointHasOne() {
    endpoint("a1", "a", "node-1");
    endpoint("a2", "a", NONE);
    endpoint("b1", "b", "node-3");
    assertThat(preferred("node-1", "a")).containsExactly("a1", "a2");
    endpoint("c1", NONE, "node-1");
    assertThat(hints("node-1", "a")).isNull();
  }

  private @Nullable TopologyHints hints(String node, String zone) {
    return TopologyHints.of(endpoints, node, zone);
  }

  private List<String> preferred(String node, String zone) {
    TopologyHints hints = Objects.requireNonNull(hints(node, zone));
    return endpoints.stream().filter(hints::prefer).map(EndpointConfig::id).toList();
  }

  private void endpoint(String id, String zones, String nodes) {
    endpoints.add(
        new EndpointConfig(
            id,
            "1",
            "127.0.0.1",
            8080,
            1,
            Locality.UNKNOWN,
            false,
            Set.of(WireProtocol.HTTP1),
            "",
            Map.of(),
            set(zones),
            set(nodes)));
  }

  private static Set<String> set(String names) {
    return names.isEmpty() ? Set.of() : Set.of(names.split(","));
  }
}
