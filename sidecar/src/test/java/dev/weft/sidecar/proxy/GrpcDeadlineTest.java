package dev.weft.sidecar.proxy;

import static dev.weft.sidecar.proxy.GrpcText.OK;
import static dev.weft.sidecar.proxy.GrpcText.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A gRPC call's deadline: passed on shortened, kept, and told as what it is when it is over. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class GrpcDeadlineTest {
  @Test
  void theCallersTimeoutIsPassedOnShortenedByTheTimeSpent() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.answering("origin", OK)) {
      var address = proxy.outbound();
      try (var client = proxy.client(address)) {
        client.send(call("Grpc-Timeout: 2S"));
        await().until(() -> proxy.waiters.size() == 1);
        proxy.advance(1500, TimeUnit.MILLISECONDS);
        proxy.serve("catalog", origin);
        proxy.run(() -> proxy.waiters.getFirst().resolved(proxy.resolved("catalog")));
        assertThat(client.read().header("grpc-status")).isEqualTo("0");
        assertThat(origin.requests.getFirst().header("grpc-timeout")).isEqualTo("500000u");
      }
    }
  }

  @Test
  void aDeadlineThatIsOverBeforeTheCallIsSentOnIsAnsweredAtOnce() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.answering("origin", OK)) {
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call("Grpc-Timeout: 1S"));
        await().until(() -> proxy.waiters.size() == 1);
        proxy.advance(1500, TimeUnit.MILLISECONDS);
        proxy.serve("catalog", origin);
        proxy.run(() -> proxy.waiters.getFirst().resolved(proxy.resolved("catalog")));
        assertThat(client.read().header("grpc-status")).isEqualTo("4");
        assertThat(origin.requests).isEmpty();
      }
    }
  }

  @Test
  void theSmallerOfTheTwoTimesWinsAndItsEndIsDeadlineExceeded() {
    var asked = new CountDownLatch(2);
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "silent",
                connection -> {
                  while (connection.readRequest() != null) {
                    asked.countDown();
                  }
                })) {
      proxy.route.timeoutNanos = TimeUnit.SECONDS.toNanos(1);
      proxy.serve("catalog", origin);
      var address = proxy.outbound();
      try (var longer = proxy.client(address);
          var shorter = proxy.client(address)) {
        longer.send(call("Grpc-Timeout: 5S"));
        shorter.send(call("Grpc-Timeout: 200m"));
        await().until(() -> asked.getCount() == 0);
        assertThat(origin.requests)
            .extracting(request -> request.header("grpc-timeout"))
            .containsExactlyInAnyOrder("1000000u", "200000u");
        proxy.advance(300, TimeUnit.MILLISECONDS);
        assertThat(shorter.read().header("grpc-status")).isEqualTo("4");
        proxy.advance(800, TimeUnit.MILLISECONDS);
        assertThat(longer.read().header("grpc-status")).isEqualTo("4");
      }
    }
  }

  /** A gRPC server keeps the deadline too, and may end the call before our tick sees it. */
  @Test
  void aCallThatTheServerEndsAtItsDeadlineIsLateNotUnavailable() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "punctual",
                connection -> {
                  while (connection.readRequest() != null) {
                    // Until it is cut off.
                  }
                })) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call("Grpc-Timeout: 1S"));
        await().until(() -> origin.requests.size() == 1);
        proxy.nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(999));
        origin.cutConnections();
        assertThat(client.read().header("grpc-status")).isEqualTo("4");
      }
    }
  }

  @Test
  void aDeadlineWithinTheResponseEndsItWithTrailers() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "slow",
                connection -> {
                  connection.readRequest();
                  connection.write(OK.substring(0, OK.lastIndexOf("0\r\nGrpc")));
                  // Until the proxy gives it up.
                  connection.in.read();
                })) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call("Grpc-Timeout: 1S"));
        await().until(() -> client.in().available() > 0);
        proxy.advance(1100, TimeUnit.MILLISECONDS);
        var response = client.read();
        assertThat(response.body()).isEqualTo("\0\0\0\0\1x");
        assertThat(response.header("grpc-status")).isEqualTo("4");
      }
    }
  }

  /** What has said its length cannot be ended before it: the next response would be its rest. */
  @Test
  void aDeadlineWithinAResponseOfDeclaredLengthCutsItOff() {
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "slow",
                connection -> {
                  connection.readRequest();
                  connection.write(
                      "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\n"
                          + "Content-Length: 9\r\n\r\n\0\0\0\0\1x");
                  // Until the proxy gives it up.
                  connection.in.read();
                })) {
      proxy.serve("catalog", origin);
      try (var client = proxy.client(proxy.outbound())) {
        client.send(call("Grpc-Timeout: 1S"));
        await().until(() -> client.in().available() > 0);
        proxy.advance(1100, TimeUnit.MILLISECONDS);
        assertThat(client.read().body()).isEqualTo("\0\0\0\0\1x");
        assertThat(client.isClosedByPeer()).isTrue();
      }
    }
  }
}
