package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.RetryConfig;
import dev.weft.sidecar.telemetry.Direction;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every MUST and MUST NOT of RFC 9112 and RFC 9110 that binds an intermediary and shows on the
 * wire, row by row ({@link RfcRequestRows}, {@link RfcResponseRows}), on both listeners. After each
 * row's bytes a second request follows at once on the same connection: it must be served when the
 * connection is to be kept, and must not when it is to be closed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RfcTest {
  private static final String PROBE =
      "GET /probe HTTP/1.1\r\nHost: catalog\r\nConnection: close\r\n\r\n";
  private static final String PROBED = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nprobed";

  private final ProxyFixture proxy = new ProxyFixture();
  private final Map<Direction, InetSocketAddress> listeners = new EnumMap<>(Direction.class);
  private volatile String answer = RfcRow.OK;
  private final Origin origin =
      new Origin(
          "app",
          connection -> {
            for (var r = connection.readRequest(); r != null; r = connection.readRequest()) {
              connection.write(r.line().contains("/probe") ? PROBED : answer);
              if (!r.line().contains("/probe") && endsWithConnection(answer)) {
                return;
              }
            }
          });

  private static boolean endsWithConnection(String answer) {
    String head = answer.toLowerCase(Locale.ROOT);
    return head.contains("x-then: close")
        || !(head.contains("content-length") || head.contains("chunked"));
  }

  @BeforeAll
  void listen() {
    proxy.route.retry = RetryConfig.NEVER;
    for (Direction direction : Direction.values()) {
      listeners.put(direction, proxy.to(direction, origin));
    }
  }

  @AfterAll
  void close() {
    origin.close();
    proxy.close();
  }

  static Stream<Arguments> rows() {
    return Stream.of(RfcRequestRows.all(), RfcResponseRows.all())
        .flatMap(List::stream)
        .flatMap(
            row -> Stream.of(Direction.values()).map(direction -> Arguments.of(row, direction)));
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("rows")
  void isKept(RfcRow row, Direction direction) {
    answer = row.answer;
    origin.requests.clear();
    String got;
    try (var client = proxy.client(Objects.requireNonNull(listeners.get(direction)))) {
      client.send(row.sent + PROBE);
      got = client.readToEnd();
    }
    List<Origin.Request> requests = List.copyOf(origin.requests);
    boolean probed = requests.stream().anyMatch(request -> request.line().contains("/probe"));
    assertThat(probed).as("the next request is served; got: %s", got).isEqualTo(!row.closes);
    String response = probed ? got.substring(0, got.lastIndexOf("HTTP/1.1 ")) : got;
    int own = requests.size() - (probed ? 1 : 0);
    assertThat(own).as("requests forwarded; got: %s", got).isEqualTo(row.refused ? 0 : 1);
    if (own == 1) {
      String request = requests.getFirst().head() + "\r\n" + requests.getFirst().body();
      has("forwarded", request, row.forwarded, row.notForwarded);
    }
    has("answered", response, row.answered, row.notAnswered);
    if (row.toHead) {
      assertThat(response).as("a response to HEAD").endsWith("\r\n\r\n");
    }
  }

  private static void has(String what, String text, List<String> parts, List<String> notParts) {
    String lower = text.toLowerCase(Locale.ROOT);
    for (String part : parts) {
      assertThat(lower).as(what).contains(part.toLowerCase(Locale.ROOT));
    }
    for (String part : notParts) {
      assertThat(lower).as(what).doesNotContain(part.toLowerCase(Locale.ROOT));
    }
  }
}
