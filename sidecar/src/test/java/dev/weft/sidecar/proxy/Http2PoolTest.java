package dev.weft.sidecar.proxy;

import static dev.weft.sidecar.proxy.Http2RawClient.GOAWAY;
import static dev.weft.sidecar.proxy.Http2UpstreamAbuseTest.HEADERS;
import static dev.weft.sidecar.proxy.Http2UpstreamAbuseTest.SETTINGS;
import static dev.weft.sidecar.proxy.Http2UpstreamAbuseTest.STATUS_200;
import static dev.weft.sidecar.proxy.Http2UpstreamAbuseTest.frame;
import static dev.weft.sidecar.proxy.Http2UpstreamAbuseTest.nextRequest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.RetryConfig;
import dev.weft.sidecar.telemetry.Direction;
import io.netty.handler.codec.http2.Http2Error;
import java.io.DataInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How calls share HTTP/2 connections, and what becomes of them when a peer takes its leave. */
class Http2PoolTest {
  private static final String LEFT =
      "weft_upstream_cx_close_notify_total{direction=\"outbound\"} 1.0";

  private static Passage to(Version caller) {
    return new Passage(caller, Version.HTTP2, Direction.OUTBOUND);
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void aPeersLimitOnStreamsMakesFurtherConnections(Version version) {
    try (var proxy = new ProxyFixture();
        var app = new App("app", Version.HTTP2, 2, null);
        var caller = new Caller(version, proxy.listen(to(version), app), "catalog")) {
      // Until the peer has said how many it takes, it is asked for more: what it refuses is sent
      // again.
      var first = caller.get("/first");
      app.next().reply(200, "ok");
      assertThat(first.body()).isEqualTo("ok");
      var calls = new ArrayList<Caller.Call>();
      var requests = new ArrayList<App.Served>();
      for (int i = 0; i < 5; i++) {
        calls.add(caller.get("/" + i));
        requests.add(app.next());
      }
      assertThat(app.connections).hasValue(3);
      requests.forEach(request -> request.reply(200, "ok"));
      for (var call : calls) {
        assertThat(call.body()).isEqualTo("ok");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void whoFindsEveryStreamInUseWaitsForOne(Version version) {
    try (var proxy = new ProxyFixture();
        var app = new App("app", Version.HTTP2, 2, null)) {
      proxy.limits = new LimitsConfig(1, 2, 0, 1_000_000_000L);
      try (var caller = new Caller(version, proxy.listen(to(version), app), "catalog")) {
        var first = caller.get("/first");
        app.next().reply(200, "ok");
        assertThat(first.body()).isEqualTo("ok");
        var calls = new ArrayList<Caller.Call>();
        for (int i = 0; i < 4; i++) {
          calls.add(caller.get("/" + i));
          int waiting = Math.max(0, i - 1);
          await().until(() -> proxy.pending("catalog") == waiting);
        }
        var refused = caller.get("/5");
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.body()).contains("\"UO\"");
        for (int i = 0; i < 4; i++) {
          app.next().reply(200, "ok");
        }
        for (var call : calls) {
          assertThat(call.body()).isEqualTo("ok");
        }
        assertThat(app.connections).hasValue(1);
        assertThat(proxy.pending("catalog")).isZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void callsThatComeWhileAConnectionIsMadeShareIt(Version version) {
    try (var proxy = new ProxyFixture();
        var app = new App(Version.HTTP2);
        var caller = new Caller(version, proxy.listen(to(version), app), "catalog")) {
      List<Caller.Call> calls = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        calls.add(caller.get("/" + i));
      }
      for (int i = 0; i < 30; i++) {
        app.next().reply(200, "ok");
      }
      for (var call : calls) {
        assertThat(call.body()).isEqualTo("ok");
      }
      assertThat(app.connections).hasValue(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void aPeerThatTakesItsLeaveFinishesWhatItHas(Version version) {
    try (var proxy = new ProxyFixture();
        var app = new App(Version.HTTP2);
        var caller = new Caller(version, proxy.listen(to(version), app), "catalog")) {
      var old = caller.get("/old");
      var served = app.next();
      served.respond(200).write("begun ");
      old.awaitBytes(6);
      // Nothing is refused by it; only no more may come.
      served.goAway(1000);
      var next = caller.whole("POST", "/next");
      var elsewhere = app.next();
      if (elsewhere.connection().equals(served.connection())) {
        // It was on its way when the leave came.
        elsewhere.reply(200, "late");
        assertThat(next.body()).isEqualTo("late");
        next = caller.whole("POST", "/next");
        elsewhere = app.next();
      }
      assertThat(elsewhere.connection()).isNotSameAs(served.connection());
      elsewhere.reply(200, "next");
      assertThat(next.body()).isEqualTo("next");
      served.write("ended").end();
      assertThat(old.body()).isEqualTo("begun ended");
      await().until(() -> !served.connection().isActive());
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void aPeerThatTakesItsLeaveIsLeftWhenItsLastCallIsGivenUp(Version version) {
    try (var proxy = new ProxyFixture();
        var app = new App(Version.HTTP2);
        var caller = new Caller(version, proxy.listen(to(version), app), "catalog")) {
      var call = caller.get("/");
      var served = app.next();
      served.respond(200).write("begun");
      call.awaitBytes(5);
      served.goAway(1000);
      await().until(() -> proxy.telemetry.scrape().contains(LEFT));
      call.reset();
      // Nothing comes any more with which the connection could end.
      served.awaitBroken();
      await()
          .until(
              () -> {
                proxy.advance(1, TimeUnit.SECONDS);
                return !served.connection().isActive();
              });
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void whatAPeerHasNotLookedAtWhenItLeavesIsSentElsewhere(Version version) {
    var connections = new AtomicInteger();
    try (var proxy = new ProxyFixture();
        var server =
            new Origin(
                "server",
                connection -> {
                  boolean first = connections.getAndIncrement() == 0;
                  var in = new DataInputStream(connection.in);
                  in.readFully(new byte[24]);
                  connection.out.write(frame(SETTINGS, 0, 0, new byte[0]));
                  connection.out.flush();
                  if (first) {
                    assertThat(nextRequest(in)).isEqualTo(1);
                    assertThat(nextRequest(in)).isEqualTo(3);
                    connection.out.write(frame(GOAWAY, 0, 0, Http2RawClient.bytes(1, 0)));
                    connection.out.write(frame(HEADERS, 5, 1, STATUS_200));
                    connection.out.flush();
                  }
                  while (true) {
                    int stream = nextRequest(in);
                    connection.out.write(frame(HEADERS, 5, stream, STATUS_200));
                    connection.out.flush();
                  }
                })) {
      proxy.declared = WireProtocol.HTTP2;
      proxy.route.retry = RetryConfig.NEVER;
      proxy.serve("catalog", server);
      try (var caller = new Caller(version, proxy.outbound(), "catalog")) {
        var looked = caller.get("/");
        // Not idempotent: sent again all the same, since nobody has looked at it.
        var passedOver = caller.whole("POST", "/");
        assertThat(looked.status()).isEqualTo(200);
        assertThat(passedOver.status()).isEqualTo(200);
        assertThat(connections).hasValue(2);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void whatAPeerRefusesIsSentAgainWhateverTheMethod(Version version) {
    try (var proxy = new ProxyFixture();
        var app = new App(Version.HTTP2)) {
      proxy.route.retry = RetryConfig.NEVER;
      try (var caller = new Caller(version, proxy.listen(to(version), app), "catalog")) {
        var call = caller.begin("POST", "/");
        call.write("body").end();
        var refused = app.next();
        refused.reset(Http2Error.REFUSED_STREAM);
        var again = app.next();
        assertThat(again.body()).isEqualTo("body");
        again.reply(200, "ok");
        assertThat(call.body()).isEqualTo("ok");

        // Once: then it is the policy's, and the caller's, to say.
        var refusedTwice = caller.whole("POST", "/");
        app.next().reset(Http2Error.REFUSED_STREAM);
        app.next().reset(Http2Error.REFUSED_STREAM);
        assertThat(refusedTwice.status()).isEqualTo(503);
        assertThat(refusedTwice.body()).contains("\"UR\"");
      }
    }
  }

  @Test
  void aConnectionWithoutAStreamIsClosedBeforeItsServerDoes() {
    try (var proxy = new ProxyFixture();
        var app = new App(Version.HTTP2);
        var caller = new Caller(Version.HTTP1, proxy.listen(to(Version.HTTP1), app), "catalog")) {
      var call = caller.get("/");
      var request = app.next();
      request.reply(200, "ok");
      assertThat(call.body()).isEqualTo("ok");
      proxy.advance(29, TimeUnit.SECONDS);
      var second = caller.get("/");
      app.next().reply(200, "ok");
      assertThat(second.body()).isEqualTo("ok");
      assertThat(app.connections).hasValue(1);
      proxy.advance(31, TimeUnit.SECONDS);
      await().until(() -> !request.connection().isActive());
    }
  }

  @Test
  void aPeerThatFallsSilentIsAskedAndLeft() {
    try (var proxy = new ProxyFixture();
        var app = new App(Version.HTTP2)) {
      proxy.route.sidecarPeers = true;
      proxy.route.retry = RetryConfig.NEVER;
      try (var caller =
          new Caller(
              Version.HTTP2,
              proxy.listen(new Passage(Version.HTTP2, Version.HTTP2, Direction.OUTBOUND), app),
              "catalog")) {
        var call = caller.get("/");
        var request = app.next();
        // It answers PINGs,
        for (int i = 0; i < 4; i++) {
          proxy.advance(31, TimeUnit.SECONDS);
          proxy.advance(5, TimeUnit.SECONDS);
          int pings = i + 1;
          await().until(() -> app.pings.get() >= pings);
        }
        assertThat(call.isEnded()).isFalse();
        // until its machine is gone, which nobody tells.
        request.connection().config().setAutoRead(false);
        await()
            .until(
                () -> {
                  proxy.advance(10, TimeUnit.SECONDS);
                  return call.isEnded();
                });
        assertThat(call.status()).isEqualTo(503);
      }
    }
  }
}
