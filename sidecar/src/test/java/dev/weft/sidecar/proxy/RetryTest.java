package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RetryConfig.RetryOn;
import dev.weft.testkit.RefusedPort;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is sent again, what is not, and when it is given up. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class RetryTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: catalog\r\n\r\n";
  private static final String POST =
      "POST / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 2\r\n\r\nhi";
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static Origin resetting(String name) {
    return new Origin(name, Origin.Connection::readRequest);
  }

  @Test
  void aRefusedConnectIsTriedElsewhereWhateverTheMethod() {
    try (var proxy = new ProxyFixture();
        var dead = new RefusedPort();
        var well = Origin.named("well")) {
      proxy.serve(
          "catalog",
          List.of(proxy.endpoint("dead", dead.port()), proxy.endpoint("well", well.port())));
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 10; i++) {
          assertThat(client.send(POST).read().body()).isEqualTo("well");
        }
        assertThat(well.requests).hasSize(10);
        assertThat(well.requests.getLast().body()).isEqualTo("hi");
      }
    }
  }

  @Test
  void aResetIsTriedElsewhereOnlyForIdempotentRequests() {
    try (var proxy = new ProxyFixture();
        var bad = resetting("bad");
        var well = Origin.named("well")) {
      proxy.serve("catalog", bad, well);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 6; i++) {
          assertThat(client.send(GET).read().body()).isEqualTo("well");
        }
        assertThat(bad.requests).isNotEmpty();
        int failed = 0;
        for (int i = 0; i < 6; i++) {
          var response = client.send(POST).read();
          if (response.status() != 200) {
            failed++;
            assertThat(response.status()).isEqualTo(503);
            assertThat(response.body()).contains("\"UC\"");
          }
        }
        assertThat(failed).as("posts that met the bad one").isPositive();
      }
    }
  }

  @Test
  void theWholeBodyIsSentAgain() {
    String body = "x".repeat(40_000);
    try (var proxy = new ProxyFixture();
        var bad = resetting("bad");
        var well = Origin.named("well")) {
      proxy.serve("catalog", bad, well);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 4; i++) {
          client.send("PUT / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 40000\r\n\r\n" + body);
          assertThat(client.read().body()).isEqualTo("well");
        }
      }
      assertThat(bad.requests).isNotEmpty();
      assertThat(well.requests).hasSize(4).allMatch(request -> request.body().equals(body));
    }
  }

  @Test
  void aBodyTooLargeToKeepIsNotSentAgain() {
    try (var proxy = new ProxyFixture();
        var bad = resetting("bad");
        var worse = resetting("worse")) {
      proxy.serve("catalog", bad, worse);
      try (var client = proxy.client(proxy.outbound())) {
        String body = "x".repeat(400_000);
        client.send("PUT / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 400000\r\n\r\n" + body);
        assertThat(client.read().status()).isEqualTo(503);
      }
      assertThat(bad.requests.size() + worse.requests.size()).isEqualTo(1);
    }
  }

  @Test
  void gatewayErrorsAreTriedElsewhereAndPassedOnInTheEnd() {
    String sick = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nsick";
    try (var proxy = new ProxyFixture();
        var one = Origin.answering("one", sick);
        var well = Origin.named("well")) {
      proxy.serve("catalog", one, well);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 6; i++) {
          assertThat(client.send(GET).read().body()).isEqualTo("well");
        }
        assertThat(one.requests).isNotEmpty();
      }
    }
    try (var proxy = new ProxyFixture();
        var one = Origin.answering("one", sick)) {
      proxy.serve("catalog", one);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(GET);
        await().until(() -> one.requests.size() == 2);
        // The second retry backs off.
        proxy.advance(50, TimeUnit.MILLISECONDS);
        var response = client.read();
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.body()).isEqualTo("sick");
        assertThat(one.requests).hasSize(3);
      }
    }
  }

  @Test
  void nothingIsTriedAgainOnceAResponseHasBegun() {
    try (var proxy = new ProxyFixture();
        var bad =
            new Origin(
                "bad",
                connection -> {
                  connection.readRequest();
                  connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
                })) {
      proxy.serve("catalog", bad);
      try (var client = proxy.client(proxy.outbound())) {
        assertThat(client.send(GET).readToEnd()).endsWith("half");
      }
      assertThat(bad.requests).hasSize(1);
    }
  }

  @Test
  void aKeptConnectionThatWasClosedMeanwhileIsReplaced() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "once",
                connection -> {
                  connection.readRequest();
                  connection.write(OK);
                  // Reads the next request and closes without an answer, as a server does that has
                  // just decided to close.
                  connection.readRequest();
                })) {
      proxy.route.retry = RetryConfig.NEVER;
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 5; i++) {
          assertThat(client.send(GET).read().body()).isEqualTo("ok");
        }
      }
    }
  }

  /** Four seconds towards an application; half of what it says of itself, if it does. */
  @Test
  void anIdleConnectionIsClosedBeforeItsServerDoes() {
    String hinted =
        "HTTP/1.1 200 OK\r\nKeep-Alive: max=9, timeout=20\r\nContent-Length: 2\r\n\r\nok";
    for (String answer : List.of(OK, hinted)) {
      try (var proxy = new ProxyFixture();
          var origin = Origin.answering("app", answer)) {
        proxy.serve("catalog", origin);
        try (var client = proxy.client(proxy.outbound())) {
          long kept = answer.equals(OK) ? 4 : 10;
          client.send(GET).read();
          proxy.advance(kept, TimeUnit.SECONDS);
          client.send(GET).read();
          assertThat(origin.connections).hasValue(1);
          proxy.advance(kept + 1, TimeUnit.SECONDS);
          client.send(GET).read();
          assertThat(origin.connections).hasValue(2);
        }
      }
    }
  }

  @Test
  void aRequestThatTakesTooLongIs504AndItsConnectionGoes() {
    var left = new CountDownLatch(1);
    try (var proxy = new ProxyFixture();
        var slow =
            new Origin(
                "slow",
                connection -> {
                  connection.readRequest();
                  connection.readHead();
                  left.countDown();
                })) {
      proxy.route.timeoutNanos = 1_000_000_000L;
      proxy.serve("catalog", slow);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(GET);
        await().until(() -> slow.requests.size() == 1);
        proxy.advance(999, TimeUnit.MILLISECONDS);
        proxy.advance(1, TimeUnit.MILLISECONDS);
        var response = client.read();
        assertThat(response.status()).isEqualTo(504);
        assertThat(response.body()).contains("\"UT\"");
        await().until(() -> left.getCount() == 0);
      }
    }
  }

  @Test
  void anAttemptThatTakesTooLongIsTriedElsewhere() {
    try (var proxy = new ProxyFixture();
        var slow =
            new Origin(
                "slow",
                c -> {
                  c.readRequest();
                  c.readHead();
                });
        var well = Origin.named("well")) {
      proxy.route.perTryNanos = 100_000_000L;
      proxy.route.timeoutNanos = 1_000_000_000L;
      proxy.route.retry =
          new RetryConfig(2, EnumSet.of(RetryOn.PER_TRY_TIMEOUT), 20, 5_000_000L, 50_000_000L, 0);
      proxy.serve("catalog", slow, well);
      try (var client = proxy.client(proxy.outbound())) {
        // Round robin: at least one of the two calls meets the slow one first.
        for (int i = 0; i < 2; i++) {
          int sent = slow.requests.size() + well.requests.size();
          client.send(GET);
          await().until(() -> slow.requests.size() + well.requests.size() > sent);
          if (well.requests.size() == i) {
            proxy.advance(100, TimeUnit.MILLISECONDS);
          }
          assertThat(client.read().body()).isEqualTo("well");
        }
        assertThat(slow.requests).isNotEmpty();
      }
    }
  }

  @Test
  void whoFindsEveryConnectionInUseWaitsAndWhoFindsTheQueueFullIsRefused() {
    var go = new CountDownLatch(1);
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "busy",
                connection -> {
                  while (connection.readRequest() != null) {
                    try {
                      go.await();
                    } catch (InterruptedException e) {
                      return;
                    }
                    connection.write(OK);
                  }
                })) {
      proxy.limits = new LimitsConfig(1, 1, 0, 1_000_000_000L);
      proxy.serve("catalog", origin);
      var address = proxy.outbound();
      try (var first = proxy.client(address);
          var second = proxy.client(address);
          var third = proxy.client(address)) {
        first.send(GET);
        await().until(() -> origin.requests.size() == 1);
        second.send(GET);
        await().until(() -> proxy.pending("catalog") == 1);
        var refused = third.send(GET).read();
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.body()).contains("\"UO\"");
        go.countDown();
        assertThat(first.read().body()).isEqualTo("ok");
        assertThat(second.read().body()).isEqualTo("ok");
        assertThat(origin.connections.get()).isEqualTo(1);
        assertThat(proxy.pending("catalog")).isZero();
      }
    }
  }

  @Test
  void aNamedStatusIsTriedAgainWhateverTheMethodAfterTheLeastBackOff() {
    String sick = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\nsick";
    try (var proxy = new ProxyFixture();
        var one = Origin.answering("one", sick);
        var well = Origin.named("well")) {
      proxy.route.retry =
          new RetryConfig(
              1,
              EnumSet.noneOf(RetryOn.class),
              20,
              5_000_000L,
              50_000_000L,
              0,
              Set.of(500),
              100_000_000L);
      proxy.serve("catalog", one, well);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 4; i++) {
          int before = one.requests.size();
          client.send(POST);
          int each = i + 1;
          await().until(() -> one.requests.size() + well.requests.size() >= each);
          if (one.requests.size() > before) {
            // Its answer has to have come before the clock moves.
            await()
                .until(
                    () -> {
                      proxy.advance(100, TimeUnit.MILLISECONDS);
                      return well.requests.size() == each;
                    });
          }
          assertThat(client.read().body()).isEqualTo("well");
        }
        assertThat(one.requests).isNotEmpty();
      }
    }
  }

  @Test
  void anotherStatusIsPassedOnAtOnce() {
    String sick = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nsick";
    try (var proxy = new ProxyFixture();
        var one = Origin.answering("one", sick)) {
      proxy.route.retry =
          new RetryConfig(
              3, EnumSet.of(RetryOn.RESET), 20, 5_000_000L, 50_000_000L, 0, Set.of(500), 0);
      proxy.serve("catalog", one);
      try (var client = proxy.client(proxy.outbound())) {
        assertThat(client.send(GET).read().status()).isEqualTo(503);
        assertThat(one.requests).hasSize(1);
      }
    }
  }

  @Test
  void aBudgetKeepsRetriesFromBecomingAStorm() {
    try (var proxy = new ProxyFixture();
        var bad = resetting("bad")) {
      proxy.route.retry =
          new RetryConfig(1, EnumSet.of(RetryOn.RESET), 20, 5_000_000L, 50_000_000L, 0);
      proxy.serve("catalog", bad);
      int calls = 1000;
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < calls; i++) {
          assertThat(client.send(GET).read().status()).isEqualTo(503);
        }
      }
      // What was saved at the start, and a fifth of the requests.
      assertThat(bad.requests.size() - calls).isBetween(200, 301);
    }
  }
}
