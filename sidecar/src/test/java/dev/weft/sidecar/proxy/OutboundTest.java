package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadEdits;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What our application's calls meet. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class OutboundTest {
  private static final String GET = "GET /items?x=1 HTTP/1.1\r\nHost: catalog\r\n\r\n";

  @Test
  void aRequestGoesToTheServiceThatItsHostNames() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("catalog-1")) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(GET).read();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("catalog-1");
        var request = origin.requests.getFirst();
        assertThat(request.line()).isEqualTo("GET /items?x=1 HTTP/1.1");
        assertThat(request.header("host")).isEqualTo("catalog");
        assertThat(request.header("traceparent")).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
        assertThat(request.header("x-request-id")).matches("[0-9a-f]{32}");
        assertThat(request.header("weft-hop")).isEmpty();
      }
    }
  }

  @Test
  void connectionsAreKeptOnBothSides() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("one")) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 20; i++) {
          assertThat(client.send(GET).read().status()).isEqualTo(200);
        }
        assertThat(origin.connections.get()).isEqualTo(1);
        assertThat(origin.requests).hasSize(20);
      }
    }
  }

  @Test
  void whereARouteChangesConnectionsStay() {
    try (var proxy = new ProxyFixture();
        var one = Origin.named("one");
        var two = Origin.named("two")) {
      proxy.serve("catalog", one);
      proxy.serve("canary", two);
      try (var client = proxy.client(proxy.outbound())) {
        for (int i = 0; i < 6; i++) {
          boolean canary = i % 2 == 1;
          String service = canary ? "canary" : "catalog";
          proxy.host("catalog", BackendConfig.of(service + ".test:80", 1));
          assertThat(client.send(GET).read().body()).isEqualTo(canary ? "two" : "one");
        }
        assertThat(one.connections.get()).isEqualTo(1);
        assertThat(two.connections.get()).isEqualTo(1);
      }
    }
  }

  @Test
  void whereTheCallersAddressDecidesAllGoesToOneEndpoint() {
    try (var proxy = new ProxyFixture();
        var one = Origin.named("one");
        var two = Origin.named("two");
        var three = Origin.named("three")) {
      proxy.loadBalancer = LoadBalancerType.CLIENT_ADDRESS;
      proxy.serve("catalog", one, two, three);
      var address = proxy.outbound();
      var served = new HashSet<String>();
      for (int i = 0; i < 10; i++) {
        try (var client = proxy.client(address)) {
          served.add(client.send(GET).read().body());
        }
      }
      assertThat(served).hasSize(1);
    }
  }

  @Test
  void absoluteFormBeatsHost() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("one")) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        var request = "GET http://catalog/a/../b?q HTTP/1.1\r\nHost: elsewhere\r\n\r\n";
        assertThat(client.send(request).read().status()).isEqualTo(200);
        assertThat(client.send("GET http://catalog HTTP/1.1\r\nHost: x\r\n\r\n").read().status())
            .isEqualTo(200);
        assertThat(origin.requests.getFirst().line()).isEqualTo("GET /b?q HTTP/1.1");
        assertThat(origin.requests.getFirst().header("host")).isEqualTo("catalog");
        assertThat(origin.requests.get(1).line()).isEqualTo("GET / HTTP/1.1");
      }
    }
  }

  @Test
  void anUnknownHostIs404AndNamesWhatLooksAlike() {
    try (var proxy = new ProxyFixture()) {
      proxy.put(
          new VirtualHostConfig("test/catlog", false, List.of("catalog.test"), List.of()),
          "catlog");
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send("GET / HTTP/1.1\r\nHost: catlog\r\n\r\n").read();
        assertThat(response.status()).isEqualTo(404);
        assertThat(response.header("content-type")).isEqualTo("application/problem+json");
        assertThat(response.body()).contains("catlog", "did you mean catalog.test?", "\"NR\"");
      }
    }
  }

  @Test
  void aColdHostWaitsForItsConfiguration() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("one")) {
      try (var client = proxy.client(proxy.outbound())) {
        client.send("POST / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 5\r\n\r\nhello");
        await().until(() -> proxy.waiters.size() == 1);
        proxy.serve("catalog", origin);
        proxy.run(() -> proxy.waiters.removeFirst().resolved(proxy.resolved("catalog")));
        assertThat(client.read().body()).isEqualTo("one");
        assertThat(origin.requests.getFirst().body()).isEqualTo("hello");
      }
    }
  }

  @Test
  void whatAColdHostsCallerHasSentSoFarLeavesOverAKeptConnectionToo() {
    String ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  connection.readRequest();
                  connection.write(ok);
                  connection.readHead();
                  connection.in.readNBytes(2);
                  connection.write(ok);
                  connection.readHead();
                });
        var client = proxy.caller(origin)) {
      assertThat(client.send(GET).read().body()).isEqualTo("ok");
      client.send("POST / HTTP/1.1\r\nHost: cold\r\nContent-Length: 5\r\n\r\nhe");
      await().until(() -> proxy.waiters.size() == 1);
      proxy.host("cold", BackendConfig.of("catalog.test:80", 1));
      proxy.run(() -> proxy.waiters.removeFirst().resolved(proxy.resolved("cold")));
      assertThat(client.read().body()).isEqualTo("ok");
      assertThat(origin.connections.get()).isEqualTo(1);
    }
  }

  @Test
  void aColdHostWithoutAnAnswerIs503WithTheReason() {
    try (var proxy = new ProxyFixture();
        var client = proxy.client(proxy.outbound())) {
      client.send(GET);
      await().until(() -> proxy.waiters.size() == 1);
      proxy.run(
          () ->
              proxy
                  .waiters
                  .removeFirst()
                  .unresolved(VirtualHostLookup.Reason.TIMED_OUT, "no control plane is connected"));
      var response = client.read();
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.body()).contains("no control plane is connected");
    }
  }

  @Test
  void noEndpointIs503UhAndADanglingBackend500() {
    try (var proxy = new ProxyFixture()) {
      proxy.serve("catalog", List.of());
      proxy.host("dangling", BackendConfig.of("", 1));
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(GET).read();
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.body()).contains("\"UH\"");
        response = client.send("GET / HTTP/1.1\r\nHost: dangling\r\n\r\n").read();
        assertThat(response.status()).isEqualTo(500);
      }
    }
  }

  @Test
  void editsOfTheRouteAreApplied() {
    try (var proxy = new ProxyFixture();
        var origin =
            Origin.answering(
                "one",
                "HTTP/1.1 200 OK\r\nServer: x\r\nX-Old: 1\r\nKeep-Alive: timeout=5\r\n"
                    + "Content-Length: 2\r\n\r\nok")) {
      proxy.route.request =
          new HeadEdits(
              List.of(HeadEdits.Line.of("x-env", "prod"), HeadEdits.Line.of("host", "evil")),
              List.of(HeadEdits.Line.of("x-tag", "b")),
              List.of("x-drop".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
      proxy.route.response =
          new HeadEdits(
              List.of(HeadEdits.Line.of("x-old", "2")),
              List.of(),
              List.of("server".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        var response =
            client
                .send(
                    "GET / HTTP/1.1\r\n"
                        + "Host: catalog\r\n"
                        + "X-Env: dev\r\n"
                        + "X-Drop: 1\r\n"
                        + "X-Tag: a\r\n\r\n")
                .read();
        var request = origin.requests.getFirst();
        assertThat(request.head().toLowerCase(java.util.Locale.ROOT))
            .contains("x-env: prod", "x-tag: a", "x-tag: b", "host: catalog")
            .doesNotContain("x-drop", "dev", "evil");
        assertThat(response.headers()).containsEntry("x-old", "2");
        assertThat(response.headers()).doesNotContainKeys("server", "keep-alive");
        assertThat(response.body()).isEqualTo("ok");
      }
    }
  }
}
