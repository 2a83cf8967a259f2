package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.weft.sidecar.telemetry.Direction;
import dev.weft.testkit.RefusedPort;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose word is taken for where a request comes from. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
class TrustTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String CLAIMS =
      "GET / HTTP/1.1\r\nHost: catalog\r\n"
          + "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
          + "X-Forwarded-Host: bank\r\nForwarded: for=203.0.113.9\r\n"
          + "traceparent: 00-"
          + TRACE
          + "-b7ad6b7169203331-01\r\ntracestate: a=b\r\n"
          + "X-Request-Id: mine\r\nX-Envoy-Original-Path: /x\r\nWeft-Hop: 1\r\nX-Other: 1\r\n\r\n";

  @ParameterizedTest
  @ValueSource(strings = {"OUTBOUND", "INBOUND"})
  void ourApplicationAndTrustedPeersAreBelieved(String direction) {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("app")) {
      try (var client = proxy.client(proxy.to(Direction.valueOf(direction), origin))) {
        assertThat(client.send(CLAIMS).read().status()).isEqualTo(200);
        var request = origin.requests.getFirst();
        assertThat(request.header("x-forwarded-for")).isEqualTo("203.0.113.9");
        assertThat(request.header("x-forwarded-proto")).isEqualTo("https");
        assertThat(request.header("x-forwarded-host")).isEqualTo("bank");
        assertThat(request.header("forwarded")).isEqualTo("for=203.0.113.9");
        assertThat(request.header("traceparent")).contains(TRACE);
        assertThat(request.header("tracestate")).isEqualTo("a=b");
        assertThat(request.header("x-request-id")).isEqualTo("mine");
        assertThat(request.header("x-envoy-original-path")).isEqualTo("/x");
        assertThat(request.header("weft-hop")).as("never the application's business").isEmpty();
      }
    }
  }

  @Test
  void strangersAreNot() {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("app")) {
      proxy.worker.rules(new HttpRules("weft", TrustedPeers.NONE));
      try (var client = proxy.client(proxy.to(Direction.INBOUND, origin))) {
        assertThat(client.send(CLAIMS).read().status()).isEqualTo(200);
        var request = origin.requests.getFirst();
        assertThat(request.header("x-forwarded-for")).isEqualTo("127.0.0.1");
        assertThat(request.header("x-forwarded-proto")).isEqualTo("http");
        assertThat(request.header("traceparent")).isNotEmpty().doesNotContain(TRACE);
        assertThat(request.header("x-request-id")).hasSize(32);
        assertThat(request.header("x-other")).isEqualTo("1");
        assertThat(request.head().toLowerCase(java.util.Locale.ROOT))
            .doesNotContain("bank", "forwarded: ", "tracestate", "x-envoy", "mine", "203.0.113.9");
      }
    }
  }

  @Test
  void aStrangerIsNoSidecar() {
    try (var proxy = new ProxyFixture();
        var gone = new RefusedPort()) {
      proxy.worker.rules(new HttpRules("weft", TrustedPeers.NONE));
      try (var client = proxy.client(proxy.inbound(gone.port()))) {
        var response = client.send(CLAIMS).read();
        assertThat(response.status()).isEqualTo(503);
        assertThat(response.header("weft-hop")).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X_Forwarded_For: 1.2.3.4",
        "X-Forwarded_For: 1.2.3.4",
        "Content_Length: 5",
        "Transfer_Encoding: chunked",
        "X_Request_Id: a",
        "Weft_Hop: 1"
      })
  void namesThatManyReadAsOneOfOursAreRefused(String line) {
    try (var proxy = new ProxyFixture();
        var origin = Origin.named("app")) {
      try (var client = proxy.client(proxy.to(Direction.INBOUND, origin))) {
        client.send("GET / HTTP/1.1\r\nHost: catalog\r\nX_Own: 1\r\n\r\n");
        assertThat(client.read().status()).as("other underscores pass").isEqualTo(200);
        assertThat(origin.requests.getFirst().header("x_own")).isEqualTo("1");
        client.send("GET / HTTP/1.1\r\nHost: catalog\r\n" + line + "\r\n\r\n");
        assertThat(client.read().status()).isEqualTo(400);
        assertThat(origin.requests).hasSize(1);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "private, 10.200.1.1, true",
    "private, 172.31.255.255, true",
    "private, 172.32.0.1, false",
    "private, 8.8.8.8, false",
    "private, ::1, true",
    "private, fd00::1, true",
    "private, 2001:db8::1, false",
    "all, 2001:db8::1, true",
    "all, 8.8.8.8, true",
    "none, 127.0.0.1, false",
    "'192.0.2.7, 198.51.100.0/25', 192.0.2.7, true",
    "'192.0.2.7, 198.51.100.0/25', 192.0.2.8, false",
    "'192.0.2.7, 198.51.100.0/25', 198.51.100.127, true",
    "'192.0.2.7, 198.51.100.0/25', 198.51.100.128, false"
  })
  void networks(String list, String address, boolean trusted) throws UnknownHostException {
    var peer = new InetSocketAddress(InetAddress.getByName(address), 1);
    assertThat(TrustedPeers.parse(list).trusts(peer)).isEqualTo(trusted);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10.0.0.0/33", "10.0.0.0/-1", "example.org", "10.0.0.0/x", "a,b"})
  void noNetworks(String list) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TrustedPeers.parse(list))
        .withMessageContaining("is no network");
  }
}
