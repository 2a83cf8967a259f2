package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.InboundConfig;
import dev.weft.testkit.RefusedPort;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What calls our application, and what two sidecars tell each other. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class InboundTest {
  private static final String GET = "GET /a HTTP/1.1\r\nHost: catalog\r\n\r\n";
  private static final String ANNOUNCED = "GET /a HTTP/1.1\r\nHost: catalog\r\nWeft-Hop: 1\r\n\r\n";
  private static final String POST =
      "POST / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 2\r\n\r\nhi";

  @Test
  void requestsReachTheApplicationWithoutTheHopHeader() {
    try (var proxy = new ProxyFixture();
        var app =
            Origin.answering(
                "app", "HTTP/1.1 200 OK\r\nWeft-Hop: UF\r\nContent-Length: 3\r\n\r\napp")) {
      try (var client = proxy.client(proxy.inbound(app.port()))) {
        var response = client.send(ANNOUNCED).read();
        assertThat(response.body()).isEqualTo("app");
        assertThat(response.headers())
            .as("an app cannot speak for us")
            .doesNotContainKey("weft-hop");
        var request = app.requests.getFirst();
        assertThat(request.header("weft-hop")).isEmpty();
        assertThat(request.header("host")).isEqualTo("catalog");
        assertThat(request.header("x-forwarded-proto")).isEqualTo("http");
      }
    }
  }

  @Test
  void anApplicationThatIsDownIsSaidToSidecarsOnly() {
    try (var proxy = new ProxyFixture();
        var gone = new RefusedPort()) {
      try (var client = proxy.client(proxy.inbound(gone.port()))) {
        var response = client.send(ANNOUNCED).read();
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.header("weft-hop")).isEqualTo("UF;undelivered");
        assertThat(response.body()).contains("connection refused", "\"UF\"");
        response = client.send(GET).read();
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.headers()).doesNotContainKey("weft-hop");
      }
    }
  }

  @Test
  void aLostRequestIsNotSaidToBeUndelivered() {
    try (var proxy = new ProxyFixture();
        var app = new Origin("app", Origin.Connection::readRequest)) {
      try (var client = proxy.client(proxy.inbound(app.port()))) {
        assertThat(client.send(ANNOUNCED).read().header("weft-hop")).isEqualTo("UC");
      }
      assertThat(app.requests).as("the caller retries, not we").hasSize(1);
    }
  }

  @Test
  void aCallerRetriesWhatWasProvablyNotDeliveredWhateverTheMethod() {
    try (var caller = new ProxyFixture();
        var sick = new ProxyFixture();
        var sound = new ProxyFixture();
        var app = Origin.named("app");
        var gone = new RefusedPort()) {
      int bad = sick.inbound(gone.port()).getPort();
      int good = sound.inbound(app.port()).getPort();
      caller.route.sidecarPeers = true;
      caller.serve("catalog", List.of(caller.endpoint("bad", bad), caller.endpoint("good", good)));
      try (var client = caller.client(caller.outbound())) {
        for (int i = 0; i < 8; i++) {
          var response = client.send(POST).read();
          assertThat(response.body()).isEqualTo("app");
          assertThat(response.headers()).doesNotContainKey("weft-hop");
        }
      }
      assertThat(app.requests).hasSize(8);
    }
  }

  @Test
  void nobodyElseIsBelieved() {
    try (var proxy = new ProxyFixture();
        var liar =
            Origin.answering(
                "liar",
                "HTTP/1.1 503 No\r\nWeft-Hop: UF;undelivered\r\nContent-Length: 2\r\n\r\nno");
        var other =
            Origin.answering(
                "other",
                "HTTP/1.1 503 No\r\nWeft-Hop: UF;undelivered\r\nContent-Length: 2\r\n\r\nno")) {
      proxy.serve("catalog", liar, other);
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(POST).read();
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.headers()).doesNotContainKey("weft-hop");
        assertThat(liar.requests.size() + other.requests.size()).isEqualTo(1);
        client.send(POST.replace("\r\n\r\n", "\r\nWeft-Hop: 1\r\n\r\n"));
        assertThat(client.read().status()).isEqualTo(503);
        for (Origin origin : List.of(liar, other)) {
          assertThat(origin.requests).allMatch(seen -> seen.header("weft-hop").isEmpty());
        }
      }
    }
  }

  @Test
  void theLimitOnRequestsHolds() {
    var go = new CountDownLatch(1);
    try (var proxy = new ProxyFixture();
        var app =
            new Origin(
                "app",
                connection -> {
                  while (connection.readRequest() != null) {
                    try {
                      go.await();
                    } catch (InterruptedException e) {
                      return;
                    }
                    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                  }
                })) {
      proxy.inboundConfig = new InboundConfig("app", 0, 1, List.of(), List.of());
      var address = proxy.inbound(app.port());
      try (var first = proxy.client(address);
          var second = proxy.client(address)) {
        first.send(GET);
        await().until(() -> app.requests.size() == 1);
        assertThat(second.send(GET).read().body()).contains("\"UO\"");
        go.countDown();
        assertThat(first.read().body()).isEqualTo("ok");
        assertThat(second.send(GET).read().body()).isEqualTo("ok");
      }
    }
  }
}
