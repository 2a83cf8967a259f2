package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.RetryConfig;
import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import io.netty.channel.epoll.Epoll;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How large a head may be: the same in both versions and both directions, set by one option, and
 * said and counted where it is larger.
 */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class HeadLimitTest {
  /** What a head has beside the one large field. */
  private static final int REST = 1024;

  private static final int FRAME = 16 << 10;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;

  static Stream<Arguments> ways() {
    return Stream.of(Direction.values())
        .flatMap(
            direction ->
                Stream.of(8 << 10, (int) Bound.HEAD_BYTES.value(), 256 << 10)
                    .map(limit -> Arguments.of(direction, limit)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("ways")
  void whatFitsPassesBothWaysAndWhatDoesNotIsAnsweredAndCounted(Direction direction, int limit) {
    String fits = "f".repeat(limit - REST);
    String tooLong = "t".repeat(limit + REST);
    try (var proxy = proxy(limit);
        var app = answering(fits);
        var caller = proxy.client(proxy.to(direction, app))) {
      for (int i = 0; i < 3; i++) {
        var answer = caller.send(get(fits)).read();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers().get("x-large")).isEqualTo(fits);
        assertThat(app.requests.get(i).header("x-large")).isEqualTo(fits);
      }
      assertThat(proxy.reached(Bound.HEAD_BYTES)).isZero();

      var refused = caller.send(get(tooLong)).read();
      assertThat(refused.status()).isEqualTo(431);
      assertThat(refused.body()).contains("\"DPE\"", "longer than " + limit + " bytes");
      assertThat(proxy.reached(Bound.HEAD_BYTES)).isEqualTo(1);
      assertThat(app.requests).hasSize(3);
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("ways")
  void soItIsOverHttp2(Direction direction, int limit) {
    try (var proxy = proxy(limit);
        var app = Origin.named("app")) {
      InetSocketAddress address =
          direction == Direction.INBOUND
              ? proxy.inboundHttp2(app.port())
              : proxy.serve("catalog", app).outboundHttp2();
      try (var caller = Http2RawClient.open(address)) {
        String fits = "f".repeat(limit - REST);
        get(caller, 1, fits);
        assertThat(Http2RawClient.status(caller.awaitStream(1).getFirst())).isEqualTo(200);
        assertThat(app.requests.getFirst().header("x-large")).isEqualTo(fits);
        assertThat(proxy.reached(Bound.H2_HEAD_BYTES)).isZero();

        get(caller, 3, "t".repeat(limit + REST));
        assertThat(Http2RawClient.status(caller.awaitStream(3).getFirst())).isEqualTo(431);
        assertThat(proxy.reached(Bound.H2_HEAD_BYTES)).isEqualTo(1);

        get(caller, 5, "small");
        assertThat(Http2RawClient.status(caller.awaitStream(5).getFirst())).isEqualTo(200);
        assertThat(app.requests).hasSize(2);
      }
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("ways")
  void anUpstreamsHeadThatIsLongerIsABadGatewayAndCounted(Direction direction, int limit) {
    try (var proxy = proxy(limit);
        var app = answering("t".repeat(limit + REST))) {
      proxy.route.retry = RetryConfig.NEVER;
      try (var caller = proxy.client(proxy.to(direction, app))) {
        var refused = caller.send(get("small")).read();
        assertThat(refused.status()).isEqualTo(502);
        assertThat(refused.body()).contains("\"UPE\"");
        assertThat(proxy.reached(Bound.HEAD_BYTES)).isEqualTo(1);
      }
    }
  }

  private static ProxyFixture proxy(int limit) {
    return new ProxyFixture(Epoll.isAvailable(), ConnectionLimits.DEFAULT.withMaxHead(limit));
  }

  private static Origin answering(String large) {
    return Origin.answering(
        "app", "HTTP/1.1 200 OK\r\nX-Large: " + large + "\r\nContent-Length: 2\r\n\r\nok");
  }

  private static String get(String large) {
    return "GET / HTTP/1.1\r\nHost: catalog\r\nX-Large: " + large + "\r\n\r\n";
  }

  /** A head in as many frames as it needs. */
  private static void get(Http2RawClient caller, int stream, String large) {
    byte[] all = Http2RawClient.request("GET", "catalog", "/", "x-large", large);
    for (int at = 0; at < all.length; at += FRAME) {
      int end = Math.min(all.length, at + FRAME);
      int flags = (at == 0 ? END_STREAM : 0) | (end == all.length ? END_HEADERS : 0);
      int type = at == 0 ? Http2RawClient.HEADERS : Http2RawClient.CONTINUATION;
      caller.frame(type, flags, stream, Arrays.copyOfRange(all, at, end));
    }
    caller.flush();
  }
}
