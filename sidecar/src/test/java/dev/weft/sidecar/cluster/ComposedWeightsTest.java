package dev.weft.sidecar.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.Locality;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.RouteFilterConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadEdits;
import dev.weft.common.route.RouteTable;
import dev.weft.sidecar.lb.Tried;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A route's weight picks the backend, then an instance's counts among that backend's. */
class ComposedWeightsTest {
  private static final int PICKS = 100_000;

  @ParameterizedTest
  @EnumSource(value = LoadBalancerType.class, names = "CLIENT_ADDRESS", mode = Mode.EXCLUDE)
  void anEndpointsShareIsTheProductOfBoth(LoadBalancerType type) {
    RouteTable routes = RouteTable.compile(host());
    var set = new ClusterSet(1, () -> 0, new Random(1));
    set.update(
        new ConfigSnapshot(
            Map.of(),
            Map.of("v1.default:80", cluster("v1", type), "v2.default:80", cluster("v2", type)),
            Map.of(
                "v1.default:80/0", List.of(endpoint("light", 1), endpoint("heavy", 3)),
                "v2.default:80/0", List.of(endpoint("light", 50), endpoint("heavy", 200))),
            Map.of(),
            1));
    var random = new Random(7);
    var tried = new Tried();
    var counts = new HashMap<String, Integer>();
    for (int i = 0; i < PICKS; i++) {
      int backend = routes.backend(0, random.nextInt());
      String name = backend == 0 ? "v1.default:80" : "v2.default:80";
      tried.reset();
      EndpointTracker picked =
          Objects.requireNonNull(set.find(name)).picker().pick(0, 0, tried, true);
      counts.merge(name.substring(0, 2) + Objects.requireNonNull(picked).id(), 1, Integer::sum);
    }
    assertShare(counts, "v1light", 0.8 * 0.25);
    assertShare(counts, "v1heavy", 0.8 * 0.75);
    assertShare(counts, "v2light", 0.2 * 0.2);
    assertShare(counts, "v2heavy", 0.2 * 0.8);
  }

  private static void assertShare(Map<String, Integer> counts, String of, double expected) {
    assertThat(counts.getOrDefault(of, 0) / (double) PICKS)
        .as(of)
        .isCloseTo(expected, within(0.005));
  }

  private static VirtualHostConfig host() {
    var route =
        new RouteConfig(
            "r",
            List.of(),
            MatchConfig.ANY,
            List.of(BackendConfig.of("v1.default:80", 80), BackendConfig.of("v2.default:80", 20)),
            HeadEdits.NONE,
            HeadEdits.NONE,
            0,
            0,
            false,
            0,
            RetryConfig.NEVER,
            RouteFilterConfig.NONE);
    return new VirtualHostConfig("default/catalog", true, List.of(), List.of(route));
  }

  private static EndpointConfig endpoint(String id, int weight) {
    return Fixture.endpoint(id, Locality.UNKNOWN, weight);
  }

  private static ClusterConfig cluster(String service, LoadBalancerType type) {
    String name = service + ".default:80";
    return new ClusterConfig(
        name,
        service,
        "default",
        80,
        type,
        OutlierConfig.DEFAULT,
        null,
        LimitsConfig.DEFAULT,
        List.of(name + "/0"),
        List.of(),
        null,
        null,
        ProxyProtocol.OFF,
        ClusterConfig.DEFAULT_IDLE);
  }
}
