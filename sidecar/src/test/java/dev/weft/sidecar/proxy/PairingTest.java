package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One message and its answer through every pairing of versions, in both directions: what RFC 9110
 * says of each must arrive, however it is framed.
 */
class PairingTest {
  private static final String ALL = "dev.weft.sidecar.proxy.Passage#all";

  @ParameterizedTest
  @MethodSource(ALL)
  void aRequestWithoutABodyAndItsAnswer(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      for (int i = 0; i < 3; i++) {
        var call = caller.get("/a/b?c=" + i, "x-mine", "yes", "x-mine", "no");
        var request = app.next();
        assertThat(request.line()).isEqualTo("GET /a/b?c=" + i);
        assertThat(request.header("host")).isEqualTo("catalog");
        assertThat(request.header("x-mine")).isEqualTo("yes|no");
        assertThat(request.header("traceparent")).hasSize(55);
        assertThat(request.body()).isEmpty();
        request.reply(203, "hello " + i, "x-yours", "perhaps");
        assertThat(call.status()).isEqualTo(203);
        assertThat(call.header("x-yours")).isEqualTo("perhaps");
        assertThat(call.header("content-length")).isEqualTo("7");
        assertThat(call.body()).isEqualTo("hello " + i);
      }
      assertThat(app.connections).hasValue(1);
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void bodiesOfUnknownLengthWithTrailersBothWays(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var call = caller.begin("POST", "/", "te", "trailers", "trailer", "x-sum");
      var request = app.next();
      call.write("one ");
      request.awaitBytes(4);
      request.respond(200, "trailer", "x-sum").write("eins ");
      call.awaitBytes(5);
      assertThat(call.status()).isEqualTo(200);
      call.write("two").end("x-sum", "1", "x-other", "2");
      assertThat(request.body()).isEqualTo("one two");
      assertThat(request.trailer("x-sum")).isEqualTo("1");
      assertThat(request.trailer("x-other")).isEqualTo("2");
      request.write("zwei").end("x-sum", "3");
      assertThat(call.body()).isEqualTo("eins zwei");
      assertThat(call.trailer("x-sum")).isEqualTo("3");
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void bodiesOfKnownLengthKeepIt(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var call = caller.begin("PUT", "/", "content-length", "8");
      call.write("one ");
      var request = app.next();
      assertThat(request.header("content-length")).isEqualTo("8");
      assertThat(request.header("transfer-encoding")).isEmpty();
      call.write("two!").end();
      assertThat(request.body()).isEqualTo("one two!");
      request.respond(201, "content-length", "10").write("eins ").write("zwei!").end();
      assertThat(call.header("content-length")).isEqualTo("10");
      assertThat(call.header("transfer-encoding")).isEmpty();
      assertThat(call.body()).isEqualTo("eins zwei!");
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void whatHasNoBodyEndsWithItsHead(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      for (int round = 0; round < 2; round++) {
        var head = caller.whole("HEAD", "/");
        app.next().respond(200, "content-length", "12345").end();
        assertThat(head.header("content-length")).isEqualTo("12345");
        assertThat(head.body()).isEmpty();

        var none = caller.get("/");
        app.next().respond(204).end();
        assertThat(none.status()).isEqualTo(204);
        assertThat(none.header("content-length") + none.header("transfer-encoding")).isEmpty();
        assertThat(none.body()).isEmpty();

        var same = caller.get("/");
        app.next().respond(304, "content-length", "77", "etag", "\"x\"").end();
        assertThat(same.status()).isEqualTo(304);
        assertThat(same.header("etag")).isEqualTo("\"x\"");
        assertThat(same.body()).isEmpty();

        var empty = caller.whole("POST", "/");
        var request = app.next();
        assertThat(request.body()).isEmpty();
        request.reply(200, "");
        assertThat(empty.status()).isEqualTo(200);
        assertThat(empty.body()).isEmpty();

        var unsaid = caller.get("/");
        app.next().respond(200).end();
        assertThat(unsaid.status()).isEqualTo(200);
        assertThat(unsaid.body()).isEmpty();
      }
      assertThat(caller.openConnections()).isEqualTo(1);
      assertThat(app.connections).hasValue(1);
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void interimResponsesComeBeforeTheFinalOne(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var call = caller.begin("PUT", "/", "expect", "100-continue", "content-length", "2");
      var request = app.next();
      assertThat(request.header("expect")).isEqualTo("100-continue");
      request.informational(103, "link", "</style.css>; rel=preload");
      assertThat(call.informational(1).status().code()).isEqualTo(103);
      assertThat(call.informational(1).headers().get("link")).contains("style.css");
      request.informational(100);
      assertThat(call.informational(2).status().code()).isEqualTo(100);
      call.write("hi").end();
      assertThat(request.body()).isEqualTo("hi");
      request.reply(200, "ok");
      assertThat(call.status()).isEqualTo(200);
      assertThat(call.body()).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void whatBelongsToOneConnectionStaysThere(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      boolean old = passage.caller() == Version.HTTP1;
      var call =
          old
              ? caller.get(
                  "/", "connection", "x-mine, keep-alive", "x-mine", "1", "keep-alive", "timeout=9")
              : caller.get("/");
      var request = app.next();
      for (String name : List.of("connection", "keep-alive", "x-mine", "upgrade", "weft-hop")) {
        assertThat(request.header(name)).as(name).isEmpty();
      }
      if (passage.app() == Version.HTTP1) {
        request.reply(200, "", "connection", "x-yours", "x-yours", "1", "keep-alive", "timeout=9");
      } else {
        request.reply(200, "");
      }
      assertThat(call.status()).isEqualTo(200);
      for (String name : List.of("connection", "keep-alive", "x-yours", "weft-hop")) {
        assertThat(call.header(name)).as(name).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void cookiesArriveAsOneLine(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var call =
          passage.caller() == Version.HTTP2
              ? caller.get("/", "cookie", "a=1", "x-between", "1", "cookie", "b=2", "cookie", "c=3")
              : caller.get("/", "cookie", "a=1; b=2; c=3");
      var request = app.next();
      assertThat(request.header("cookie")).isEqualTo("a=1; b=2; c=3");
      request.reply(200, "", "set-cookie", "x=1", "set-cookie", "y=2");
      assertThat(call.head().headers().getAll("set-cookie")).containsExactly("x=1", "y=2");
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void manyCallsAtATime(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var calls = new Caller.Call[40];
      for (int i = 0; i < calls.length; i++) {
        calls[i] = caller.get("/" + i);
      }
      var requests = new App.Served[calls.length];
      for (int i = 0; i < calls.length; i++) {
        requests[i] = app.next();
      }
      for (int i = calls.length - 1; i >= 0; i--) {
        requests[i].reply(200, requests[i].head().uri());
      }
      for (int i = 0; i < calls.length; i++) {
        assertThat(calls[i].body()).isEqualTo("/" + i);
      }
      assertThat(app.connections.get()).isEqualTo(passage.app() == Version.HTTP1 ? 40 : 1);
    }
  }
}
