package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.CorsConfig;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.telemetry.AccessLog;
import dev.weft.sidecar.telemetry.Direction;
import io.netty.channel.epoll.Epoll;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the proxy says by itself, to callers and in its log, is the same in every version. */
class OwnAnswersTest {
  private static final CorsConfig CORS =
      new CorsConfig(List.of("http://a.test"), false, List.of("PUT"), List.of(), List.of(), 5);

  private static final String DATE = "\\w{3}, \\d\\d \\w{3} \\d{4} [\\d:]{8} GMT";

  @ParameterizedTest
  @EnumSource(Version.class)
  void theyHaveADate(Version version) {
    try (var proxy = new ProxyFixture()) {
      proxy.route.cors = CORS;
      proxy.serve("catalog", List.of());
      proxy.route.cors = null;
      proxy.serve("empty", List.of());
      var address = proxy.outbound();
      try (var caller = new Caller(version, address, "catalog");
          var plain = new Caller(version, address, "empty")) {
        var preflight =
            caller.whole(
                "OPTIONS", "/", "origin", "http://a.test", "access-control-request-method", "PUT");
        assertThat(preflight.status()).isEqualTo(204);
        assertThat(preflight.header("date")).matches(DATE);
        var edited = caller.get("/");
        assertThat(edited.status()).isEqualTo(503);
        assertThat(edited.header("date")).matches(DATE);
        var local = plain.get("/");
        assertThat(local.status()).isEqualTo(503);
        assertThat(local.header("date")).matches(DATE);
        var grpc = plain.whole("POST", "/", "content-type", "application/grpc");
        assertThat(grpc.status()).isEqualTo(200);
        assertThat(grpc.header("date")).matches(DATE);
        var trace = plain.whole("TRACE", "/", "max-forwards", "0");
        assertThat(trace.status()).isEqualTo(200);
        assertThat(trace.head().headers().getAll("date")).hasSize(1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void theLogAndTheCountersSayWhatTheCallerSpoke(Version version, @TempDir Path directory)
      throws Exception {
    Path file = directory.resolve("access.log");
    try (var proxy =
            new ProxyFixture(
                Epoll.isAvailable(), ConnectionLimits.DEFAULT, AccessLog.open(file.toString()));
        var app = App.named("app", Version.HTTP1)) {
      var passage = new Passage(version, Version.HTTP1, Direction.OUTBOUND);
      try (var caller = new Caller(version, proxy.listen(passage, app), "catalog")) {
        assertThat(caller.get("/").body()).isEqualTo("app");
        assertThat(proxy.telemetry.scrape())
            .contains(
                "weft_downstream_cx_http2_total{direction=\"outbound\"} "
                    + (version == Version.HTTP2 ? "1.0" : "0.0"));
      }
      await().until(() -> Files.size(file) > 0);
    }
    assertThat(Files.readString(file))
        .contains("\"protocol\":\"HTTP/" + (version == Version.HTTP2 ? "2" : "1.1") + "\"");
  }
}
