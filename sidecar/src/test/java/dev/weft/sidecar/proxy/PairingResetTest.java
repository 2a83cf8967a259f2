package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Error;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the other end is told of a reset, in every pairing that has one. */
class PairingResetTest {
  /** What the application resets with, and what its caller is told. */
  private static final List<List<Http2Error>> CODES =
      List.of(
          List.of(Http2Error.CANCEL, Http2Error.CANCEL),
          List.of(Http2Error.REFUSED_STREAM, Http2Error.REFUSED_STREAM),
          List.of(Http2Error.ENHANCE_YOUR_CALM, Http2Error.ENHANCE_YOUR_CALM),
          List.of(Http2Error.INTERNAL_ERROR, Http2Error.INTERNAL_ERROR),
          List.of(Http2Error.NO_ERROR, Http2Error.INTERNAL_ERROR),
          List.of(Http2Error.FLOW_CONTROL_ERROR, Http2Error.INTERNAL_ERROR));

  static List<Arguments> resets() {
    List<Arguments> all = new ArrayList<>();
    for (Passage passage : Passage.all()) {
      if (passage.app() == Version.HTTP2) {
        CODES.forEach(pair -> all.add(Arguments.of(passage, pair.get(0), pair.get(1))));
      } else {
        // The connection ends, which has no code.
        all.add(Arguments.of(passage, null, Http2Error.INTERNAL_ERROR));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("resets")
  void aResetWithinAResponseIsPassedOn(Passage passage, Http2Error code, Http2Error told) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var call = caller.get("/");
      var request = app.next();
      request.respond(200).write("some");
      call.awaitBytes(4);
      if (code == null) {
        request.reset();
      } else {
        request.reset(code);
      }
      assertThat(call.resetCode())
          .isEqualTo(passage.caller() == Version.HTTP2 ? told.code() : End.NO_RESET);
      assertThat(call.isEnded()).isFalse();

      var next = caller.get("/");
      app.next().reply(200, "ok");
      assertThat(next.body()).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#all")
  void aCallerWhoCancelsIsHeardAsOne(Passage passage) {
    try (var proxy = new ProxyFixture();
        var app = new App(passage.app());
        var caller = new Caller(passage.caller(), proxy.listen(passage, app), "catalog")) {
      var waiting = caller.get("/");
      var unanswered = app.next();
      var within = caller.begin("POST", "/");
      within.write("half");
      var half = app.next();
      half.awaitBytes(4);
      half.respond(200).write("some");
      within.awaitBytes(4);
      waiting.reset();
      within.reset();
      long cancelled = passage.app() == Version.HTTP2 ? Http2Error.CANCEL.code() : End.NO_RESET;
      assertThat(unanswered.resetCode()).isEqualTo(cancelled);
      assertThat(half.resetCode()).isEqualTo(cancelled);
    }
  }
}
