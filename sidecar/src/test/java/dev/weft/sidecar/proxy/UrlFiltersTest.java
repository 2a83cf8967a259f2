package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.MatchConfig.PathKind;
import dev.weft.common.config.RouteFilterConfig.PathRewriteConfig;
import dev.weft.common.config.RouteFilterConfig.RedirectConfig;
import dev.weft.common.config.RouteFilterConfig.RewriteConfig;
import dev.weft.common.head.HeadEdits;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Redirects and rewrites of host and path, as Gateway API has them, in both versions. */
class UrlFiltersTest {
  /**
   * Of Gateway API's specification: the request's path, the prefix, its replacement, the result.
   */
  private static final String[][] PREFIXES = {
    {"/foo/bar", "/foo", "/xyz", "/xyz/bar"},
    {"/foo/bar", "/foo", "/xyz/", "/xyz/bar"},
    {"/foo", "/foo", "/xyz", "/xyz"},
    {"/foo/", "/foo", "/xyz", "/xyz/"},
    {"/foo/bar", "/foo", "", "/bar"},
    {"/foo/", "/foo", "", "/"},
    {"/foo", "/foo", "", "/"},
    {"/foo/", "/foo", "/", "/"},
    {"/foo", "/foo", "/", "/"},
    {"/foo/bar?a=/foo", "/foo", "/xyz", "/xyz/bar?a=/foo"},
    {"/foo?a=b", "/foo", "", "/?a=b"},
    {"/foo/bar", "/", "/xyz", "/xyz/foo/bar"},
    {"/foo/bar", "/", "", "/foo/bar"},
  };

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void aMatchedPrefixIsReplaced(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app())) {
      for (String[] row : PREFIXES) {
        proxy.route.match = prefix(row[1]);
        proxy.route.rewrite = new RewriteConfig("", new PathRewriteConfig(true, row[2]));
        try (var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
          var call = caller.get(row[0]);
          var served = app.next();
          served.reply(200, "ok");
          assertThat(call.status()).isEqualTo(200);
          assertThat(served.line())
              .as("%s with %s instead of %s", row[0], row[2], row[1])
              .isEqualTo("GET " + row[3]);
          assertThat(served.header("host")).isEqualTo("catalog");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void hostAndPathAreReplacedAndTheRestStays(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app())) {
      proxy.route.rewrite =
          new RewriteConfig("one.example.org", new PathRewriteConfig(false, "/one"));
      proxy.route.request = set("x-env", "prod");
      try (var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
        var call = caller.begin("POST", "/full/rewrite?q=1", "x-kept", "yes");
        call.write("body").end();
        var served = app.next();
        served.reply(200, "ok");
        assertThat(call.status()).isEqualTo(200);
        assertThat(served.line()).isEqualTo("POST /one?q=1");
        assertThat(served.header("host")).isEqualTo("one.example.org");
        assertThat(served.header("x-kept")).isEqualTo("yes");
        assertThat(served.header("x-env")).isEqualTo("prod");
        assertThat(served.body()).isEqualTo("body");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void whatABackendSaysOfAHeaderHolds(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app())) {
      proxy.route.request = set("x-from", "route");
      proxy.route.response = set("x-answer", "route");
      proxy.route.backendRequest = set("x-from", "backend");
      proxy.route.backendResponse =
          new HeadEdits(
              List.of(), List.of(HeadEdits.Line.of("x-more", "backend")), List.of(ascii("server")));
      try (var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
        var call = caller.get("/", "x-from", "caller");
        var served = app.next();
        served.reply(200, "ok", "server", "app", "x-answer", "app", "x-more", "app");
        assertThat(call.status()).isEqualTo(200);
        assertThat(served.header("x-from")).isEqualTo("backend");
        assertThat(call.head().headers().getAll("x-answer")).containsExactly("route");
        assertThat(call.head().headers().getAll("x-more")).containsExactly("app", "backend");
        assertThat(call.header("server")).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void anAddedHeaderComesAfterTheCallersOwnOfThatName(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app())) {
      proxy.route.request =
          new HeadEdits(
              List.of(HeadEdits.Line.of("x-set", "route")),
              List.of(
                  HeadEdits.Line.of("x-more", "3"),
                  HeadEdits.Line.of("x-more", "4"),
                  HeadEdits.Line.of("x-set", "added"),
                  HeadEdits.Line.of("content-length", "9")),
              List.of());
      try (var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
        var call = caller.get("/", "x-more", "1", "x-set", "caller", "x-more", "2", "x-kept", "5");
        var served = app.next();
        served.reply(200, "ok");
        assertThat(call.status()).isEqualTo(200);
        assertThat(served.header("x-more")).isEqualTo("1|2|3|4");
        assertThat(served.header("x-set")).isEqualTo("route|added");
        assertThat(served.header("x-kept")).isEqualTo("5");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void aRedirectAnswersByItself(Version version) {
    redirects(version, redirect("", "", null, 0, 302), "/a/b?c=d", 302, "http://catalog/a/b?c=d");
    redirects(
        version, redirect("https", "", null, 0, 301), "/scheme", 301, "https://catalog/scheme");
    redirects(version, redirect("", "example.org", null, 0, 303), "/", 303, "http://example.org/");
    redirects(version, redirect("", "", null, 8083, 307), "/p", 307, "http://catalog:8083/p");
    redirects(version, redirect("http", "", null, 80, 302), "/p", 302, "http://catalog/p");
    redirects(version, redirect("https", "", null, 443, 302), "/p", 302, "https://catalog/p");
    redirects(version, redirect("https", "", null, 80, 302), "/p", 302, "https://catalog:80/p");
    redirects(version, redirect("http", "", null, 443, 308), "/p", 308, "http://catalog:443/p");
    redirects(
        version,
        redirect("", "", new PathRewriteConfig(false, "/full"), 0, 302),
        "/a?b",
        302,
        "http://catalog/full?b");
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void aRedirectReplacesThePrefixThatWasMatched(Version version) {
    for (String[] row : PREFIXES) {
      redirects(
          version,
          prefix(row[1]),
          redirect("", "", new PathRewriteConfig(true, row[2]), 0, 302),
          "catalog",
          row[0],
          302,
          "http://catalog" + row[3]);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void aRedirectKeepsThePortThatWasAddressedUnlessItNamesAScheme(Version version) {
    MatchConfig any = MatchConfig.ANY;
    RedirectConfig host = redirect("", "example.org", null, 0, 302);
    redirects(version, any, host, "catalog:8080", "/p", 302, "http://example.org:8080/p");
    redirects(version, any, host, "catalog:80", "/p", 302, "http://example.org/p");
    RedirectConfig https = redirect("https", "", null, 0, 302);
    redirects(version, any, https, "catalog:8080", "/p", 302, "https://catalog/p");
    RedirectConfig same = redirect("", "", null, 0, 302);
    redirects(version, any, same, "[::1]:8080", "/p", 302, "http://[::1]:8080/p");
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void theBodyOfARedirectedRequestIsNotSentAnywhere(Version version) {
    try (var proxy = new ProxyFixture()) {
      proxy.route.redirect = redirect("", "", null, 0, 307);
      proxy.route.response = set("x-by", "weft");
      proxy.serve("catalog", List.of());
      try (var caller = new Caller(version, proxy.outbound(), "catalog")) {
        for (int i = 0; i < 3; i++) {
          var call = caller.begin("PUT", "/up");
          call.write("x".repeat(10_000)).end();
          assertThat(call.status()).isEqualTo(307);
          assertThat(call.header("location")).isEqualTo("http://catalog/up");
          assertThat(call.header("x-by")).isEqualTo("weft");
          assertThat(call.body()).isEmpty();
        }
      }
    }
  }

  private static void redirects(
      Version version, RedirectConfig redirect, String path, int status, String location) {
    redirects(version, MatchConfig.ANY, redirect, "catalog", path, status, location);
  }

  private static void redirects(
      Version version,
      MatchConfig match,
      RedirectConfig redirect,
      String authority,
      String path,
      int status,
      String location) {
    try (var proxy = new ProxyFixture()) {
      proxy.route.match = match;
      proxy.route.redirect = redirect;
      proxy.host(authority, BackendConfig.of("", 1));
      try (var caller = new Caller(version, proxy.outbound(), authority)) {
        var call = caller.get(path);
        assertThat(call.status()).isEqualTo(status);
        assertThat(call.header("location")).isEqualTo(location);
        assertThat(call.header("content-length")).isEqualTo("0");
      }
    }
  }

  private static RedirectConfig redirect(
      String scheme, String hostname, @Nullable PathRewriteConfig path, int port, int status) {
    return new RedirectConfig(scheme, hostname, path, port, status);
  }

  private static MatchConfig prefix(String path) {
    return new MatchConfig(PathKind.PREFIX, path, "", List.of(), List.of());
  }

  private static HeadEdits set(String name, String value) {
    return new HeadEdits(List.of(HeadEdits.Line.of(name, value)), List.of(), List.of());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
