package dev.weft.common.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.config.MatchConfig.ValueMatch;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.RouteFilterConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadEdits;
import dev.weft.common.head.HeadView;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which route a request takes, and which backend of it. */
class RouteTableTest {
  @ParameterizedTest
  @CsvSource({
    "EXACT, /a, /a, true",
    "EXACT, /a, /a/, false",
    "EXACT, /a, /A, false",
    "EXACT, /a, /, false",
    "PREFIX, /, /, true",
    "PREFIX, /, /anything, true",
    "PREFIX, /, *, true",
    "PREFIX, /a, /a, true",
    "PREFIX, /a, /a/, true",
    "PREFIX, /a, /a/b, true",
    "PREFIX, /a, /ab, false",
    "PREFIX, /a/b, /a, false",
    "REGEX, '/items/[0-9]+', /items/42, true",
    "REGEX, '/items/[0-9]+', /items/42/x, false",
    "REGEX, '/items/[0-9]+', /v1/items/42, false",
  })
  void paths(PathKind kind, String path, String requested, boolean matches) {
    var match = new MatchConfig(kind, path, "", List.of(), List.of());

    assertThat(matches(match, request("GET", requested, ""))).isEqualTo(matches);
  }

  @Test
  void methods_are_compared_as_they_are() {
    var match = new MatchConfig(PathKind.PREFIX, "/", "GET", List.of(), List.of());

    assertThat(matches(match, request("GET", "/", ""))).isTrue();
    assertThat(matches(match, request("get", "/", ""))).isFalse();
    assertThat(matches(match, request("GETS", "/", ""))).isFalse();
  }

  @Test
  void header_names_match_in_any_case_and_values_exactly() {
    MatchConfig match = header("x-user", "anna", false);

    assertThat(matches(match, request("GET", "/", "", "X-User", "anna"))).isTrue();
    assertThat(matches(match, request("GET", "/", "", "x-user", "Anna"))).isFalse();
    assertThat(matches(match, request("GET", "/", "", "x-user", "ann"))).isFalse();
    assertThat(matches(match, request("GET", "/", "", "x-user", "annaa"))).isFalse();
    assertThat(matches(match, request("GET", "/", ""))).isFalse();
  }

  @Test
  void a_well_known_header_can_be_matched_too() {
    MatchConfig match = header("user-agent", "curl/.*", true);

    assertThat(matches(match, request("GET", "/", "", "User-Agent", "curl/8.1"))).isTrue();
    assertThat(matches(match, request("GET", "/", "", "User-Agent", "wget"))).isFalse();
  }

  @Test
  void the_lines_of_a_repeated_header_are_one_value() {
    HeadView repeated = request("GET", "/", "", "x-a", "1", "other", "x", "x-a", "2");

    assertThat(matches(header("x-a", "1,2", false), repeated)).isTrue();
    assertThat(matches(header("x-a", "1", false), repeated)).isFalse();
    assertThat(matches(header("x-a", "2", false), repeated)).isFalse();
    assertThat(matches(header("x-a", "1,2,", false), repeated)).isFalse();
    assertThat(matches(header("x-a", "1,[0-9]", true), repeated)).isTrue();
    assertThat(matches(header("x-a", "1", true), repeated)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "q, 1, q=1, true",
    "q, 1, 'a=2&q=1&b=3', true",
    "q, 1, 'q=2&q=1', false",
    "q, 1, 'qq=1', false",
    "q, '', q, true",
    "q, '', 'q=', true",
    "q, '', '', false",
    "q, a b, 'q=a+b', true",
    "q, a b, 'q=a%20b', true",
    "q, a+b, 'q=a%2Bb', true",
    "q, a+b, 'q=a+b', false",
    "q, ä, 'q=%C3%A4', true",
    "q, ä, 'q=%c3%a4', true",
    "q, a=b, 'q=a=b', true",
    "a&b, 1, 'a%26b=1', true",
    "q, 100%, 'q=100%', true",
    "q, %zz, 'q=%zz', true",
    "q, a, 'q=a%', false",
  })
  void query_parameters(String name, String value, String query, boolean matches) {
    var condition = new ValueMatch(name, value, false);
    var match = new MatchConfig(PathKind.PREFIX, "/", "", List.of(), List.of(condition));

    assertThat(matches(match, request("GET", "/", query))).isEqualTo(matches);
  }

  @Test
  void a_query_expression_sees_the_decoded_value() {
    var condition = new ValueMatch("q", "[a-zä]+ [0-9]", true);
    var match = new MatchConfig(PathKind.PREFIX, "/", "", List.of(), List.of(condition));

    assertThat(matches(match, request("GET", "/", "q=h%C3%A4t+7"))).isTrue();
    assertThat(matches(match, request("GET", "/", "q=hat+77"))).isFalse();
  }

  @Test
  void the_first_route_that_matches_is_taken() {
    RouteTable table =
        table(
            route(new MatchConfig(PathKind.EXACT, "/a", "", List.of(), List.of())),
            route(MatchConfig.ANY),
            route(new MatchConfig(PathKind.PREFIX, "/b", "", List.of(), List.of())));

    assertThat(table.match(request("GET", "/a", ""))).isZero();
    assertThat(table.match(request("GET", "/b", ""))).isEqualTo(1);
    assertThat(table.route(1).match()).isEqualTo(MatchConfig.ANY);
  }

  @Test
  void a_connection_takes_the_first_route_for_its_server_or_for_all() {
    RouteTable table =
        table(
            route(header("x", "y", false)),
            route(MatchConfig.serverName("www.example.org")),
            route(MatchConfig.serverName("*.example.org")));

    assertThat(table.connection("www.example.org")).isEqualTo(1);
    assertThat(table.connection("a.b.example.org")).isEqualTo(2);
    assertThat(table.connection("example.org")).isEqualTo(RouteTable.NONE);
    assertThat(table.connection(".example.org")).isEqualTo(RouteTable.NONE);
    assertThat(table.connection("www.example.com")).isEqualTo(RouteTable.NONE);
    assertThat(table.connection("")).isEqualTo(RouteTable.NONE);
    assertThat(table.match(request("GET", "/", ""))).isEqualTo(RouteTable.NONE);
    assertThat(table(route(header("x", "y", false)), route(MatchConfig.ANY)).connection("a.b"))
        .isEqualTo(1);
  }

  @Test
  void nothing_matches_in_an_unknown_host() {
    var host = new VirtualHostConfig("default/x", false, List.of(), List.of());

    assertThat(RouteTable.compile(host).match(request("GET", "/", ""))).isEqualTo(RouteTable.NONE);
  }

  @Test
  void backends_get_their_share_of_all_random_numbers() {
    RouteTable table = table(route(MatchConfig.ANY, 0, 90, 0, 10, 0));
    int[] counts = new int[5];
    var random = new Random(7);

    for (int i = 0; i < 100_000; i++) {
      counts[table.backend(0, random.nextInt())]++;
    }

    assertThat(counts[0] + counts[2] + counts[4]).isZero();
    assertThat(counts[3]).isBetween(9_700, 10_300);
    assertThat(table.backend(0, 0)).isEqualTo(1);
    assertThat(table.backend(0, -1)).isEqualTo(3);
  }

  @Test
  void no_backend_is_picked_when_all_weights_are_zero() {
    RouteTable table = table(route(MatchConfig.ANY, 0, 0));

    assertThat(table.backend(0, 12345)).isEqualTo(RouteTable.NONE);
  }

  @Test
  void matching_without_expressions_allocates_nothing() {
    var conditions = List.of(new ValueMatch("x-user", "anna", false));
    var query = List.of(new ValueMatch("q", "a b", false));
    RouteTable table =
        table(
            route(new MatchConfig(PathKind.EXACT, "/a", "GET", conditions, query)),
            route(new MatchConfig(PathKind.PREFIX, "/a/b", "GET", conditions, query)));
    HeadView head = request("GET", "/a/b/c", "x=1&q=a%20b", "x-user", "anna", "host", "catalog");
    var threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    int matched = match(table, head, 1_000);

    long before = threads.getCurrentThreadAllocatedBytes();
    matched += match(table, head, 100_000);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    assertThat(matched).isEqualTo(101_000);
    assertThat(allocated).isLessThan(100_000);
  }

  private static int match(RouteTable table, HeadView head, int times) {
    int sum = 0;
    for (int i = 0; i < times; i++) {
      sum += table.match(head) + table.backend(0, i);
    }
    return sum;
  }

  private static MatchConfig header(String name, String value, boolean regex) {
    return new MatchConfig(
        PathKind.PREFIX, "/", "", List.of(new ValueMatch(name, value, regex)), List.of());
  }

  private static boolean matches(MatchConfig match, HeadView head) {
    return table(route(match)).match(head) == 0;
  }

  static RouteTable table(RouteConfig... routes) {
    return RouteTable.compile(
        new VirtualHostConfig("default/catalog", true, List.of(), List.of(routes)));
  }

  static RouteConfig route(MatchConfig match, int... weights) {
    var backends = new ArrayList<BackendConfig>();
    for (int weight : weights.length == 0 ? new int[] {1} : weights) {
      backends.add(BackendConfig.of("catalog.default:80", weight));
    }
    return new RouteConfig(
        "r",
        List.of(),
        match,
        backends,
        HeadEdits.NONE,
        HeadEdits.NONE,
        0,
        0,
        false,
        0,
        RetryConfig.NEVER,
        RouteFilterConfig.NONE);
  }

  static HeadView request(String method, String path, String query, String... headers) {
    return Heads.request(method, path, query, headers);
  }
}
