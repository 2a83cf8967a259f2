package dev.weft.sidecar.proxy;

import static dev.weft.sidecar.proxy.GrpcText.OK;
import static dev.weft.sidecar.proxy.GrpcText.call;
import static dev.weft.sidecar.proxy.GrpcText.trailersOnly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RetryConfig.RetryOn;
import java.util.EnumSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which gRPC calls are tried again, when, and what each attempt is told. */
class GrpcRetryTest {
  private static RetryConfig retryOn(int... statuses) {
    int bits = 0;
    for (int status : statuses) {
      bits |= 1 << status;
    }
    return new RetryConfig(
        2, EnumSet.of(RetryOn.CONNECT_FAILURE), 20, 5_000_000L, 9_000_000L, bits);
  }

  private static Origin inTurn(String... answers) {
    return new Origin(
        "in-turn",
        connection -> {
          for (String answer : answers) {
            connection.readRequest();
            connection.write(answer);
          }
        });
  }

  @Test
  void eachAttemptIsToldWhatTimeIsLeftAndHowOftenItWasTried() {
    String later =
        trailersOnly(14).replace("Content-Length", "Grpc-Retry-Pushback-Ms: 700\r\nContent-Length");
    try (var proxy = new ProxyFixture();
        var origin = inTurn(later, OK)) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call("Grpc-Timeout: 2S", "Grpc-Previous-Rpc-Attempts: 2"));
        await()
            .until(
                () -> {
                  // By the server's wish, and no earlier.
                  proxy.advance(100, TimeUnit.MILLISECONDS);
                  return origin.requests.size() == 2;
                });
        assertThat(client.read().header("grpc-status")).isEqualTo("0");
      }
      var first = origin.requests.getFirst();
      var second = origin.requests.getLast();
      assertThat(first.header("grpc-previous-rpc-attempts")).isEqualTo("2");
      assertThat(second.header("grpc-previous-rpc-attempts")).isEqualTo("3");
      assertThat(micros(first) - micros(second)).isGreaterThanOrEqualTo(700_000);
    }
  }

  private static long micros(Origin.Request request) {
    String timeout = request.header("grpc-timeout");
    assertThat(timeout).endsWith("u");
    return Long.parseLong(timeout.substring(0, timeout.length() - 1));
  }

  /** gRFC A6; longer than a call or anyone may wait is never, too. */
  @ParameterizedTest
  @ValueSource(strings = {"-1", "soon", "", "10001", "9999999999"})
  void aServerThatWantsNoRetryGetsNone(String pushback) {
    String never =
        trailersOnly(14)
            .replace(
                "Content-Length", "Grpc-Retry-Pushback-Ms: " + pushback + "\r\nContent-Length");
    try (var proxy = new ProxyFixture();
        var origin = inTurn(never, OK)) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(call()).read();
        assertThat(response.header("grpc-status")).isEqualTo("14");
        assertThat(response.header("grpc-retry-pushback-ms")).isEqualTo(pushback);
      }
      assertThat(origin.requests).hasSize(1);
    }
  }

  @Test
  void aConfiguredStatusIsTriedElsewhereThoughItIsAPost() {
    try (var proxy = new ProxyFixture();
        var sick = Origin.answering("sick", trailersOnly(14));
        var well = Origin.answering("well", OK)) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", sick, well);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 6; i++) {
          assertThat(client.send(call()).read().header("grpc-status")).isEqualTo("0");
        }
      }
      assertThat(sick.requests).isNotEmpty();
      assertThat(well.requests).hasSize(6).allMatch(request -> request.body().length() == 5);
    }
  }

  @Test
  void anotherStatusIsNotTriedAgain() {
    try (var proxy = new ProxyFixture();
        var one = Origin.answering("one", trailersOnly(5));
        var two = Origin.answering("two", trailersOnly(5))) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", one, two);
      try (var client = proxy.client(proxy.outbound())) {
        assertThat(client.send(call()).read().header("grpc-status")).isEqualTo("5");
      }
      assertThat(one.requests.size() + two.requests.size()).isEqualTo(1);
    }
  }

  @Test
  void aResetIsTriedAgainWhereUnavailableIs() {
    try (var proxy = new ProxyFixture();
        var sick = new Origin("sick", Origin.Connection::readRequest);
        var well = Origin.answering("well", OK)) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", sick, well);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 4; i++) {
          assertThat(client.send(call()).read().header("grpc-status")).isEqualTo("0");
        }
      }
      assertThat(sick.requests).isNotEmpty();
    }
  }

  @Test
  void nothingIsTriedAgainOnceAHeadWasSentOn() {
    String late = OK.replace("Grpc-Status: 0", "Grpc-Status: 14");
    try (var proxy = new ProxyFixture();
        var one = Origin.answering("one", late);
        var two = Origin.answering("two", late)) {
      proxy.route.retry = retryOn(14);
      proxy.serve("catalog", one, two);
      try (var client = proxy.client(proxy.outbound())) {
        assertThat(client.send(call()).read().header("grpc-status")).isEqualTo("14");
      }
      assertThat(one.requests.size() + two.requests.size()).isEqualTo(1);
    }
  }
}
