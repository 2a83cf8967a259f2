package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.RouteFilterConfig.MirrorConfig;
import dev.weft.common.config.RouteFilterConfig.PathRewriteConfig;
import dev.weft.common.config.RouteFilterConfig.RewriteConfig;
import dev.weft.common.head.HeadEdits;
import dev.weft.sidecar.telemetry.Bound;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Copies of requests: what they get, and that a request never notices them. */
class MirrorTest {
  private static final MirrorConfig ALL = new MirrorConfig("mirror.test:80", 1, 1);

  private static Caller caller(ProxyFixture proxy, Passage passage, App app, App... mirrors) {
    for (int i = 0; i < mirrors.length; i++) {
      proxy.listen(passage, app);
      String name = i == 0 ? "mirror" : "mirror" + i;
      proxy.serve(name, List.of(proxy.endpoint(name, mirrors[i].port())));
    }
    return new Caller(passage.caller(), proxy.listen(passage, app), "catalog");
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void aCopyHasHeadAndBodyAsTheRouteLeavesThem(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var mirror = new App(passage.app())) {
      proxy.route.mirrors = List.of(ALL);
      proxy.route.request =
          new HeadEdits(List.of(HeadEdits.Line.of("x-env", "prod")), List.of(), List.of());
      proxy.route.rewrite = new RewriteConfig("", new PathRewriteConfig(false, "/new"));
      proxy.route.backendRequest =
          new HeadEdits(List.of(HeadEdits.Line.of("x-backend", "1")), List.of(), List.of());
      try (var caller = caller(proxy, passage, app, mirror)) {
        for (int i = 0; i < 3; i++) {
          var call = caller.begin("POST", "/old?q=" + i, "x-mine", "1");
          call.write("first ");
          var served = app.next();
          var copied = mirror.next();
          call.write("second").end();
          assertThat(copied.line()).isEqualTo("POST /new?q=" + i);
          assertThat(copied.header("host")).isEqualTo("catalog");
          assertThat(copied.header("x-mine")).isEqualTo("1");
          assertThat(copied.header("x-env")).isEqualTo("prod");
          assertThat(copied.header("x-backend")).isEmpty();
          assertThat(copied.body()).isEqualTo("first second");
          copied.reply(500, "nobody hears it");
          assertThat(served.body()).isEqualTo("first second");
          served.reply(200, "ok");
          assertThat(call.status()).isEqualTo(200);
          assertThat(call.body()).isEqualTo("ok");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void aCopyGoesOnWhenTheRequestIsOverAndThereMayBeSeveral(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = App.named("app", passage.app());
        var one = new App(passage.app());
        var two = new App(passage.app())) {
      proxy.route.mirrors = List.of(ALL, new MirrorConfig("mirror1.test:80", 1, 1));
      try (var caller = caller(proxy, passage, app, one, two)) {
        assertThat(caller.get("/a").body()).isEqualTo("app");
        assertThat(caller.get("/b").body()).isEqualTo("app");
        for (App mirror : List.of(one, two)) {
          var first = mirror.next();
          var second = mirror.next();
          assertThat(List.of(first.line(), second.line()))
              .containsExactlyInAnyOrder("GET /a", "GET /b");
          first.reply(200, "x".repeat(100_000));
          second.reply(204, "");
        }
        await().until(() -> copies(proxy) == 0);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void aCopyThatCannotBeSentIsCountedAndNothingElse(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = App.named("app", passage.app())) {
      int dead;
      try (var gone = new App(passage.app())) {
        dead = gone.port();
      }
      proxy.route.mirrors = List.of(ALL, new MirrorConfig("unheard-of.test:80", 1, 1));
      proxy.serve("mirror", List.of(proxy.endpoint("gone", dead)));
      try (var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
        assertThat(caller.whole("POST", "/").body()).isEqualTo("app");
        await()
            .untilAsserted(
                () ->
                    assertThat(proxy.telemetry.scrape())
                        .contains(
                            "weft_upstream_rq_mirror_cut_total{direction=\"outbound\"} 1.0",
                            "weft_upstream_rq_mirrored_total{direction=\"outbound\"} 1.0"));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void aSlowMirrorIsCutOffAndDoesNotSlowTheRequest(Passage passage) {
    long bytes = 32 << 20;
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var mirror = new App(passage.app())) {
      proxy.route.mirrors = List.of(ALL);
      try (var caller = caller(proxy, passage, app, mirror)) {
        var call = caller.begin("PUT", "/large", "content-length", Long.toString(bytes));
        var served = app.next();
        var copied = mirror.next();
        copied.connection().config().setAutoRead(false);
        var sum = call.stream(bytes);
        assertThat(served.bodySum()).isEqualTo(sum.get());
        served.reply(200, "ok");
        assertThat(call.body()).isEqualTo("ok");
        assertThat(proxy.reached(Bound.MIRROR_BUFFER)).isEqualTo(1);
        copied.connection().config().setAutoRead(true);
      }
    }
  }

  @Test
  void aShareOfTheRequestsIsCopied() {
    var passage =
        new Passage(Version.HTTP1, Version.HTTP1, Passage.outbound().getFirst().direction());
    var copied = new AtomicInteger();
    try (var proxy = new ProxyFixture();
        var app = App.named("app", Version.HTTP1);
        var mirror =
            new App(
                "mirror",
                Version.HTTP1,
                Integer.MAX_VALUE,
                request -> {
                  copied.incrementAndGet();
                  request.reply(200, "");
                });
        var never =
            new App(
                "never",
                Version.HTTP1,
                Integer.MAX_VALUE,
                request -> copied.addAndGet(1_000_000))) {
      proxy.route.mirrors =
          List.of(
              new MirrorConfig("mirror.test:80", 1, 4), new MirrorConfig("mirror1.test:80", 0, 1));
      try (var caller = caller(proxy, passage, app, mirror, never)) {
        for (int i = 0; i < 400; i++) {
          assertThat(caller.get("/").body()).isEqualTo("app");
        }
      }
      await().until(() -> copies(proxy) == 0);
      assertThat(copied.get()).isBetween(60, 140);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void whoLeavesWithinARequestTakesItsCopyAlong(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var mirror = new App(passage.app())) {
      proxy.route.mirrors = List.of(ALL);
      var caller = caller(proxy, passage, app, mirror);
      var call = caller.begin("PUT", "/half", "content-length", "100");
      call.write("half");
      app.next().awaitBytes(4);
      var copied = mirror.next();
      copied.awaitBytes(4);
      caller.close();
      copied.awaitBroken();
      await().until(() -> copies(proxy) == 0);
    }
  }

  private static int copies(ProxyFixture proxy) {
    var open = new int[1];
    proxy.run(() -> open[0] = Objects.requireNonNull(proxy.outbound).mirrors());
    return open[0];
  }
}
