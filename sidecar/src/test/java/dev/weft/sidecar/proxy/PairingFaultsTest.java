package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.RetryConfig;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What goes wrong, in every pairing: resets, early answers, timeouts, retries, our own answers. */
class PairingFaultsTest {
  private static final String ALL = "dev.weft.sidecar.proxy.Passage#all";
  private static final String OUTBOUND = "dev.weft.sidecar.proxy.Passage#outbound";

  @ParameterizedTest
  @MethodSource(ALL)
  void aCallerWhoLeavesIsSeenByTheApplication(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var before = caller.get("/");
      var unanswered = app.next();
      before.reset();
      unanswered.awaitBroken();

      var within = caller.begin("POST", "/");
      within.write("half");
      var half = app.next();
      half.awaitBytes(4);
      within.reset();
      half.awaitBroken();

      var after = caller.get("/");
      var streaming = app.next();
      streaming.respond(200).write("some");
      after.awaitBytes(4);
      after.reset();
      streaming.awaitBroken();

      var next = caller.get("/");
      app.next().reply(200, "ok");
      assertThat(next.body()).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @MethodSource(OUTBOUND)
  void whatIsSentAgainBeforeItIsWholeLeavesAtOnce(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog");
        var other = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var calls = List.of(caller.get("/one"), other.get("/other"));
      List.of(app.next(), app.next()).forEach(request -> request.reply(200, "ok"));
      calls.forEach(call -> assertThat(call.body()).isEqualTo("ok"));

      // Over the one kept connection, then over the other; the caller waits for what comes of it.
      var call = caller.begin("PUT", "/");
      call.write("half");
      var first = app.next();
      first.awaitBytes(4);
      first.reply(503, "no");
      var again = app.next();
      again.awaitBytes(4);
      call.write(" whole").end();
      assertThat(again.body()).isEqualTo("half whole");
      again.reply(200, "ok");
      assertThat(call.body()).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void anApplicationThatBreaksOffIsSeenByTheCaller(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var post = caller.whole("POST", "/");
      app.next().reset();
      assertThat(post.status()).isEqualTo(503);
      assertThat(post.body()).contains("\"flag\":\"U");

      var cut = caller.get("/");
      var request = app.next();
      request.respond(200).write("some");
      cut.awaitBytes(4);
      request.reset();
      cut.awaitBroken();
      assertThat(cut.isEnded()).isFalse();

      var next = caller.get("/");
      app.next().reply(200, "ok");
      assertThat(next.body()).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void anAnswerBeforeTheRequestIsWholeEndsTheRequest(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      for (int round = 0; round < 2; round++) {
        var call = caller.begin("POST", "/");
        call.write("some");
        var request = app.next();
        request.awaitBytes(4);
        request.reply(413, "too much");
        assertThat(call.status()).isEqualTo(413);
        assertThat(call.body()).isEqualTo("too much");
        request.awaitBroken();
      }
      var next = caller.get("/");
      app.next().reply(200, "ok");
      assertThat(next.body()).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void aRequestTimesOutAndIsTakenBack(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app())) {
      proxy.route.timeoutNanos = TimeUnit.SECONDS.toNanos(1);
      proxy.inboundTimeout(TimeUnit.SECONDS.toNanos(1));
      try (var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
        var call = caller.get("/");
        var request = app.next();
        proxy.advance(999, TimeUnit.MILLISECONDS);
        proxy.advance(1, TimeUnit.MILLISECONDS);
        assertThat(call.status()).isEqualTo(504);
        assertThat(call.body()).contains("\"UT\"");
        request.awaitBroken();

        var begun = caller.get("/");
        var half = app.next();
        half.respond(200).write("half");
        begun.awaitBytes(4);
        proxy.advance(1, TimeUnit.SECONDS);
        begun.awaitBroken();
        assertThat(begun.isEnded()).isFalse();
        half.awaitBroken();
      }
    }
  }

  @ParameterizedTest
  @MethodSource(OUTBOUND)
  void anAttemptsTimeoutEndsAtTheResponsesHeadUnlessItCoversTheWhole(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app())) {
      proxy.route.perTryNanos = TimeUnit.SECONDS.toNanos(1);
      try (var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
        var call = caller.get("/");
        var request = app.next();
        request.respond(200).write("half");
        call.awaitBytes(4);
        proxy.advance(2, TimeUnit.SECONDS);
        request.end();
        assertThat(call.body()).isEqualTo("half");
      }
      proxy.route.perTryWhole = true;
      try (var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
        var whole = caller.get("/");
        app.next().reply(200, "ok");
        assertThat(whole.body()).isEqualTo("ok");

        var late = caller.get("/");
        var half = app.next();
        half.respond(200).write("half");
        late.awaitBytes(4);
        proxy.advance(999, TimeUnit.MILLISECONDS);
        half.write("more");
        late.awaitBytes(8);
        proxy.advance(1, TimeUnit.MILLISECONDS);
        late.awaitBroken();
        assertThat(late.isEnded()).isFalse();
        half.awaitBroken();
      }
    }
  }

  @ParameterizedTest
  @MethodSource(OUTBOUND)
  void whatMayBeSentAgainIsSentElsewhere(Passage passage) {
    try (var proxy = new ProxyFixture();
        var sick = new App("sick", passage.app(), 100, request -> request.reply(503, "sick"));
        var resetting = new App("resetting", passage.app(), 100, App.Served::reset);
        var well = App.named("well", passage.app())) {
      proxy.route.retry =
          new RetryConfig(3, RetryConfig.DEFAULT.on(), 100, 1_000_000L, 1_000_000L, 0);
      var address = proxy.listen(passage, sick, resetting, well);
      try (var caller = new Caller(passage.caller(), address, "catalog")) {
        for (int i = 0; i < 6; i++) {
          var call = caller.whole("PUT", "/");
          await()
              .until(
                  () -> {
                    // The second retry backs off.
                    proxy.advance(10, TimeUnit.MILLISECONDS);
                    return call.isEnded();
                  });
          assertThat(call.body()).isEqualTo("well");
        }
      }
      assertThat(sick.connections.get() + resetting.connections.get()).isPositive();
    }
  }

  @ParameterizedTest
  @MethodSource(OUTBOUND)
  void theWholeBodyIsSentAgain(Passage passage) {
    String body = "x".repeat(40_000);
    try (var proxy = new ProxyFixture();
        var sick = new App("sick", passage.app(), 100, null);
        var well = new App("well", passage.app(), 100, null)) {
      var address = proxy.listen(passage, sick, well);
      try (var caller = new Caller(passage.caller(), address, "catalog")) {
        // Round robin: one of the two is met by the sick one first.
        for (int i = 0; i < 2; i++) {
          var call = caller.begin("PUT", "/");
          call.write(body).end("x-sum", "1");
          await().until(() -> sick.waiting() + well.waiting() > 0);
          if (sick.waiting() > 0) {
            var refused = sick.next();
            refused.awaitEnd();
            refused.reply(503, "");
          }
          var request = well.next();
          assertThat(request.body()).isEqualTo(body);
          assertThat(request.trailer("x-sum")).isEqualTo("1");
          request.reply(200, "ok");
          assertThat(call.body()).isEqualTo("ok");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void aKeptConnectionThatWasClosedUnderARequestIsReplaced(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app())) {
      proxy.route.retry = RetryConfig.NEVER;
      try (var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
        for (int i = 0; i < 4; i++) {
          var call = caller.get("/");
          var request = app.next();
          if (i % 2 == 1) {
            // As a server does that has just decided to close: it reads, and closes unanswered.
            request.connection().close();
            request = app.next();
          }
          request.reply(200, "ok");
          assertThat(call.body()).isEqualTo("ok");
        }
        assertThat(app.connections).hasValue(3);
      }
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void anApplicationThatIsNotThere(Passage passage) {
    try (var proxy = new ProxyFixture()) {
      var gone = new App(passage.app());
      gone.close();
      try (var caller = new Caller(passage.caller(), proxy.listen(passage, gone), "catalog")) {
        for (int i = 0; i < 3; i++) {
          var call = caller.whole("POST", "/");
          await()
              .until(
                  () -> {
                    proxy.advance(50, TimeUnit.MILLISECONDS);
                    return call.isEnded();
                  });
          assertThat(call.status()).isEqualTo(503);
          assertThat(call.header("content-type")).isEqualTo("application/problem+json");
          assertThat(call.header("date")).matches("\\w{3}, \\d\\d \\w{3} \\d{4} [\\d:]{8} GMT");
          assertThat(call.body()).contains("\"UF\"");
        }
        assertThat(caller.openConnections()).isEqualTo(1);
      }
    }
  }
}
