package dev.weft.common.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.config.MatchConfig.ValueMatch;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.head.HeadView;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table over bytes agrees with a naive matcher over strings, on 50,000 seeded requests. */
class RouteTablePropertyTest {
  private static final List<PathKind> KINDS = List.of(PathKind.values());
  private static final String[] PATHS = {"/", "/a", "/a/b", "/ab", "/a/b/c", "/b", "/a/", "/b/a"};
  private static final String[] REGEXES = {"/a.*", "/[ab]", ".*/c?", "/a/(b|c)(/.*)?"};
  private static final String[] METHODS = {"GET", "POST", "PUT"};
  private static final String[] NAMES = {"x-a", "X-B", "Host", "user-agent"};
  private static final String[] VALUES = {"", "1", "2", "a b", "ä", "1,2", "1,1", "a+b", "%"};
  private static final String[] VALUE_REGEXES = {".*", "[0-9]+", "a.b", "1,.*", ""};

  private final Random random = new Random(20_261_121);

  @Test
  void bytes_and_strings_agree() {
    int matched = 0;
    for (int round = 0; round < 500; round++) {
      var routes = new ArrayList<RouteConfig>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        routes.add(RouteTableTest.route(match()));
      }
      RouteTable table = RouteTableTest.table(routes.toArray(RouteConfig[]::new));
      for (int i = 0; i < 100; i++) {
        Request request = request();
        int expected = request.naive(routes);
        matched += expected == RouteTable.NONE ? 0 : 1;
        assertThat(table.match(request.head())).as("%s on %s", request, routes).isEqualTo(expected);
      }
    }
    assertThat(matched).as("requests that matched").isBetween(10_000, 45_000);
  }

  private MatchConfig match() {
    PathKind kind = KINDS.get(random.nextInt(KINDS.size()));
    String path = kind == PathKind.REGEX ? one(REGEXES) : one(PATHS);
    if (kind == PathKind.PREFIX && path.length() > 1 && path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    return new MatchConfig(
        kind,
        path,
        random.nextInt(3) == 0 ? one(METHODS) : "",
        conditions(true),
        conditions(false));
  }

  private List<ValueMatch> conditions(boolean headers) {
    var conditions = new LinkedHashMap<String, ValueMatch>();
    for (int i = random.nextInt(8); i > 6; i--) {
      String name = one(NAMES).toLowerCase(Locale.ROOT);
      boolean regex = random.nextBoolean();
      String value = regex ? one(VALUE_REGEXES) : one(VALUES);
      if (!headers || regex || !value.equals("ä")) {
        conditions.put(name, new ValueMatch(name, value, regex));
      }
    }
    return List.copyOf(conditions.values());
  }

  private Request request() {
    var headers = new ArrayList<String>();
    for (int i = random.nextInt(5); i > 0; i--) {
      headers.add(one(NAMES));
      headers.add(random.nextBoolean() ? "1" : one("", "2", "a b", "a-b"));
    }
    var query = new ArrayList<String>();
    for (int i = random.nextInt(4); i > 0; i--) {
      String name = one(NAMES).toLowerCase(Locale.ROOT);
      query.add(
          switch (random.nextInt(3)) {
            case 0 -> name;
            case 1 -> name + "=" + one("1", "2", "");
            default -> name + "=" + URLEncoder.encode(one(VALUES), StandardCharsets.UTF_8);
          });
    }
    return new Request(one(METHODS), one(PATHS), String.join("&", query), headers);
  }

  private String one(String... values) {
    return values[random.nextInt(values.length)];
  }

  private record Request(String method, String path, String query, List<String> headers) {
    HeadView head() {
      return Heads.request(method, path, query, headers.toArray(String[]::new));
    }

    int naive(List<RouteConfig> routes) {
      for (int i = 0; i < routes.size(); i++) {
        if (naive(routes.get(i).match())) {
          return i;
        }
      }
      return RouteTable.NONE;
    }

    private boolean naive(MatchConfig match) {
      return (match.method().isEmpty() || match.method().equals(method))
          && switch (match.pathKind()) {
            case EXACT -> path.equals(match.path());
            case PREFIX ->
                match.path().equals("/")
                    || path.equals(match.path())
                    || path.startsWith(match.path() + "/");
            case REGEX -> Pattern.matches(match.path(), path);
          }
          && hold(match.headers(), headerMap())
          && hold(match.query(), queryMap());
    }

    private static boolean hold(List<ValueMatch> conditions, Map<String, String> values) {
      return conditions.stream()
          .allMatch(
              condition -> {
                String value = values.get(condition.name());
                return value != null
                    && (condition.regex()
                        ? Pattern.matches(condition.value(), value)
                        : value.equals(condition.value()));
              });
    }

    private Map<String, String> headerMap() {
      var map = new LinkedHashMap<String, String>();
      for (int i = 0; i < headers.size(); i += 2) {
        map.merge(
            headers.get(i).toLowerCase(Locale.ROOT), headers.get(i + 1), (a, b) -> a + "," + b);
      }
      return map;
    }

    private Map<String, String> queryMap() {
      var map = new LinkedHashMap<String, String>();
      for (String pair : query.split("&", -1)) {
        String[] parts = pair.split("=", 2);
        if (!pair.isEmpty()) {
          map.putIfAbsent(
              parts[0],
              parts.length == 1 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
      }
      return map;
    }
  }
}
