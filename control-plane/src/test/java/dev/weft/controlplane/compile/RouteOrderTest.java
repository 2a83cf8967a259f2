package dev.weft.controlplane.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.config.MatchConfig.ValueMatch;
import dev.weft.controlplane.compile.RouteOrder.Candidate;
import dev.weft.controlplane.model.DocumentMeta;
import dev.weft.controlplane.model.HttpRoute;
import dev.weft.controlplane.model.ServiceRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Gateway API's precedence, each criterion only when all before it tie. */
class RouteOrderTest {
  @Test
  void anExactPathGoesBeforeAnExpressionBeforeTheLongestPrefix() {
    assertOrder(
        route("a", 9, match(PathKind.EXACT, "/a")),
        route("b", 8, match(PathKind.REGEX, "/a.*")),
        route("c", 7, match(PathKind.PREFIX, "/a/b/c")),
        route("d", 6, match(PathKind.PREFIX, "/a/b")),
        route("e", 5, match(PathKind.PREFIX, "/")));
  }

  @Test
  void aMethodGoesBeforeHeadersBeforeQueryParameters() {
    assertOrder(
        route("a", 9, new MatchConfig(PathKind.PREFIX, "/", "GET", List.of(), List.of())),
        route("b", 8, new MatchConfig(PathKind.PREFIX, "/", "", values(3), List.of())),
        route("c", 7, new MatchConfig(PathKind.PREFIX, "/", "", values(2), values(2))),
        route("d", 6, new MatchConfig(PathKind.PREFIX, "/", "", values(2), values(1))),
        route("e", 5, new MatchConfig(PathKind.PREFIX, "/", "", values(1), values(9))));
  }

  @Test
  void thenTheOldestThenTheName() {
    assertOrder(
        route("z", 1, MatchConfig.ANY),
        route("a", 2, MatchConfig.ANY),
        route("b", 2, MatchConfig.ANY));
  }

  @Test
  void withinARouteTheFirstRuleAndTheFirstMatchGoFirst() {
    HttpRoute route =
        new HttpRoute(
            new DocumentMeta("default", "a", "apply", 1, 1),
            List.of(new ServiceRef("default", "catalog", 0)),
            List.of(rule(MatchConfig.ANY, MatchConfig.ANY), rule(MatchConfig.ANY)));

    assertThat(RouteOrder.of(List.of(route)))
        .containsExactly(
            new Candidate(route, 0, 0), new Candidate(route, 0, 1), new Candidate(route, 1, 0));
  }

  private static void assertOrder(HttpRoute... expected) {
    var random = new Random(7);
    for (int i = 0; i < 20; i++) {
      var shuffled = new ArrayList<>(List.of(expected));
      Collections.shuffle(shuffled, random);
      assertThat(RouteOrder.of(shuffled)).extracting(Candidate::route).containsExactly(expected);
    }
  }

  private static MatchConfig match(PathKind kind, String path) {
    return new MatchConfig(kind, path, "", List.of(), List.of());
  }

  private static List<ValueMatch> values(int count) {
    return IntStream.range(0, count).mapToObj(i -> new ValueMatch("n" + i, "v", false)).toList();
  }

  private static HttpRoute route(String name, long created, MatchConfig match) {
    return new HttpRoute(
        new DocumentMeta("default", name, "apply", created, created),
        List.of(new ServiceRef("default", "catalog", 0)),
        List.of(rule(match)));
  }

  private static HttpRoute.Rule rule(MatchConfig... matches) {
    return HttpRoute.Rule.of(List.of(matches), List.of());
  }
}
