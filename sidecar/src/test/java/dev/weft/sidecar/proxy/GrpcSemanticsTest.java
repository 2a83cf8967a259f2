package dev.weft.sidecar.proxy;

import static dev.weft.sidecar.proxy.GrpcText.OK;
import static dev.weft.sidecar.proxy.GrpcText.call;
import static dev.weft.sidecar.proxy.GrpcText.trailersOnly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.sidecar.cluster.Stat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * What a call's being gRPC changes about status and answers (deadlines and retries have tests of
 * their own), with every byte in sight: over HTTP/1.1, as it passes between two sidecars of
 * HTTP/1.1 callers. Real gRPC clients and servers are in {@code dev.weft.sidecar.grpc}.
 */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class GrpcSemanticsTest {
  @Test
  void ourOwnAnswerIsTrailersOnly() {
    try (var proxy = new ProxyFixture()) {
      proxy.lookup.othersAreUnknown = true;
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(call()).read();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("content-type")).isEqualTo("application/grpc");
        assertThat(response.header("grpc-status")).isEqualTo("12");
        assertThat(response.header("grpc-message"))
            .isEqualTo("Unknown host: the mesh knows no service for the host \"catalog\" [NR]");
        assertThat(response.body()).isEmpty();
        // The connection goes on.
        assertThat(client.send(call()).read().header("grpc-status")).isEqualTo("12");
      }
    }
  }

  /** PROTOCOL-HTTP2.md, "Responses": the one block of headers ends the stream. */
  @Test
  void overHttp2ItIsOneFrame() {
    try (var proxy = new ProxyFixture()) {
      proxy.lookup.othersAreUnknown = true;
      byte[] head =
          Http2RawClient.request("POST", "nobody", "/a.B/C", "content-type", "application/grpc");
      try (var client = Http2RawClient.open(proxy.outbound())) {
        var answer = client.headers(1, true, head).flush().awaitStream(1);
        assertThat(answer).hasSize(1);
        assertThat(answer.getFirst().type()).isEqualTo(Http2RawClient.HEADERS);
        assertThat(answer.getFirst().ends()).isTrue();
      }
    }
  }

  @Test
  void statusAndMessageOfTheApplicationPass() {
    String failing =
        "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "0\r\nGrpc-Status: 9\r\nGrpc-Message: f%C3%BCr%20dich\r\nx-more: yes\r\n\r\n";
    try (var proxy = new ProxyFixture();
        var origin = Origin.answering("origin", failing)) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(call()).read();
        assertThat(response.header("grpc-status")).isEqualTo("9");
        assertThat(response.header("grpc-message")).isEqualTo("f%C3%BCr%20dich");
        assertThat(response.header("x-more")).isEqualTo("yes");
      }
    }
  }

  @Test
  void theStatusIsCounted() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.answering("origin", trailersOnly(5))) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call()).read();
      }
      await()
          .untilAsserted(
              () ->
                  assertThat(proxy.telemetry.scrape())
                      .contains(
                          "weft_upstream_rq_grpc_total{cluster=\"catalog.test:80\","
                              + "direction=\"outbound\",grpc_response_status=\"5\","
                              + "route=\"route-catalog\"} 1"));
    }
  }

  /** Whoever calls a server of gRPC without us would find it unavailable, too. */
  @Test
  void aResponseThatIsCutOffEndsWithTrailers() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "dying",
                connection -> {
                  connection.readRequest();
                  connection.write(OK.substring(0, OK.lastIndexOf("0\r\nGrpc")));
                })) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        var response = client.send(call()).read();
        assertThat(response.body()).isEqualTo("\0\0\0\0\1x");
        assertThat(response.header("grpc-status")).isEqualTo("14");
        assertThat(response.header("grpc-message")).contains("Response ended early");
      }
    }
  }

  @Test
  void unavailableCountsAgainstTheEndpointThoughItIsA200() {
    try (var proxy = new ProxyFixture();
        var only =
            new Origin(
                "only",
                connection -> {
                  connection.readRequest();
                  connection.write(trailersOnly(14));
                  connection.readRequest();
                  connection.write(OK.replace("Grpc-Status: 0", "Grpc-Status: 14"));
                  connection.readRequest();
                  connection.write(trailersOnly(5));
                  connection.readRequest();
                  connection.write(OK);
                })) {
      proxy.serve("catalog", only);
      try (var client = proxy.client(proxy.outbound())) {
        for (String status : List.of("14", "14", "5", "0")) {
          assertThat(client.send(call()).read().header("grpc-status")).isEqualTo(status);
        }
      }
      var endpoint =
          Objects.requireNonNull(proxy.clusters.find("catalog.test:80"))
              .endpoints()
              .iterator()
              .next();
      assertThat(endpoint.total(Stat.RQ_FAILED)).isEqualTo(2);
      assertThat(endpoint.total(Stat.RQ_SUCCESS)).isEqualTo(2);
    }
  }
}
