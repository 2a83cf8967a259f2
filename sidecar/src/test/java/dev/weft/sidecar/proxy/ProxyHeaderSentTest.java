package dev.weft.sidecar.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.listener.ConnectionStack;
import dev.weft.sidecar.proxyprotocol.AddressRanges;
import dev.weft.sidecar.telemetry.Direction;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Upstreams that are told by the PROXY protocol who calls, byte by byte. */
class ProxyHeaderSentTest {
  private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

  private final ProxyFixture proxy = new ProxyFixture();

  @AfterEach
  void close() {
    proxy.close();
  }

  private static String line(Caller caller, InetSocketAddress to) {
    return line(caller.localPort(), to);
  }

  private static String line(int port, InetSocketAddress to) {
    return "PROXY TCP4 127.0.0.1 127.0.0.1 " + port + " " + to.getPort() + "\r\n";
  }

  private Cluster cluster(String name) {
    return Objects.requireNonNull(proxy.clusters.find(name + ".test:80"));
  }

  private static App demanding(Passage passage) {
    App app = new App("app", passage.app(), Integer.MAX_VALUE, one -> one.reply(200, "app"));
    app.demandsHeader = true;
    return app;
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void everyCallHasAConnectionThatTellsOfItsCaller(Passage passage) {
    proxy.proxyProtocol = ProxyProtocol.V1;
    try (App app = demanding(passage)) {
      InetSocketAddress address = proxy.listen(passage, app);
      List<String> told = new ArrayList<>();
      try (var anna = new Caller(passage.caller(), address, "catalog");
          var berta = new Caller(passage.caller(), address, "catalog")) {
        for (int i = 0; i < 3; i++) {
          for (Caller caller : List.of(anna, berta)) {
            assertThat(caller.get("/").status()).isEqualTo(200);
            told.add(line(caller, address));
          }
        }
      }
      assertThat(app.headers).isEqualTo(told);
      assertThat(app.connections).hasValue(6);
      await().until(() -> cluster("catalog").connections().used() == 0);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void callsAtATimeShareNoConnection(Passage passage) {
    proxy.proxyProtocol = ProxyProtocol.V2;
    try (App app = new App(passage.app())) {
      app.demandsHeader = true;
      InetSocketAddress address = proxy.listen(passage, app);
      try (var caller = new Caller(passage.caller(), address, "catalog")) {
        List<Caller.Call> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          calls.add(caller.get("/" + i));
        }
        List<App.Served> served = List.of(app.next(), app.next(), app.next());
        assertThat(app.connections).hasValue(3);
        served.forEach(one -> one.reply(200, "yes"));
        calls.forEach(call -> assertThat(call.status()).isEqualTo(200));
        if (passage.caller() == Version.HTTP2) {
          int port = caller.localPort();
          String addresses = "\177\0\0\1\177\0\0\1" + two(port) + two(address.getPort());
          assertThat(app.headers).containsOnly(SIGNATURE + "\41\21\0\14" + addresses).hasSize(3);
        }
      }
    }
  }

  private static String two(int port) {
    return "" + (char) (port >> 8) + (char) (port & 0xff);
  }

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void whoWaitsForAConnectionGetsOneOfHisOwn(Passage passage) {
    proxy.proxyProtocol = ProxyProtocol.V1;
    proxy.limits = new LimitsConfig(1, 10, 0, 5_000_000_000L);
    try (App app = demanding(passage)) {
      InetSocketAddress address = proxy.listen(passage, app);
      try (var caller = new Caller(passage.caller(), address, "catalog")) {
        List<Caller.Call> calls = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
          calls.add(caller.get("/" + i));
        }
        calls.forEach(call -> assertThat(call.status()).isEqualTo(200));
      }
      assertThat(app.connections).hasValue(5);
      assertThat(app.headers).hasSize(5).allMatch(header -> header.startsWith("PROXY TCP4 "));
    }
  }

  /** A connection on which nobody was named is not for a server that asks for names. */
  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#outbound")
  void aChangeLeavesTheConnectionsOfBefore(Passage passage) {
    try (App app = App.named("app", passage.app())) {
      InetSocketAddress address = proxy.listen(passage, app);
      try (var caller = new Caller(passage.caller(), address, "catalog")) {
        for (ProxyProtocol now :
            List.of(ProxyProtocol.OFF, ProxyProtocol.V1, ProxyProtocol.OFF, ProxyProtocol.V2)) {
          proxy.proxyProtocol = now;
          app.demandsHeader = now != ProxyProtocol.OFF;
          proxy.run(() -> proxy.serve("catalog", List.of(proxy.endpoint("app", app.port()))));
          assertThat(caller.get("/").status()).isEqualTo(200);
          assertThat(caller.get("/").status()).isEqualTo(200);
        }
      }
      assertThat(app.headers).hasSize(4);
      assertThat(app.headers.getFirst()).startsWith("PROXY TCP4 ");
      assertThat(app.headers.getLast()).startsWith(SIGNATURE);
    }
  }

  /** Whom a proxy in front has named is named to the server, too. */
  @ParameterizedTest
  @CsvSource({
    "HTTP1,TCP4 192.0.2.7 198.51.100.1 56324 443",
    "HTTP1,TCP6 2001:db8:0:0:0:0:0:7 2001:db8:0:0:0:0:0:1 56324 443",
    "TCP,TCP4 192.0.2.7 198.51.100.1 56324 443",
    "TCP,TCP6 2001:db8:0:0:0:0:0:7 2001:db8:0:0:0:0:0:1 56324 443"
  })
  void whoWasNamedToUsIsNamed(WireProtocol protocol, String said) throws Exception {
    proxy.proxyProtocol = ProxyProtocol.V1;
    try (App app = App.named("app", Version.HTTP1)) {
      app.demandsHeader = true;
      proxy.serve("catalog", List.of(proxy.endpoint("app", app.port())));
      OutboundStack stack = proxy.outboundStack();
      var relays = new OutboundRelays(stack);
      ConnectionStack connections =
          protocol == WireProtocol.TCP
              ? ConnectionStack.bytes(
                  proxy.worker, Direction.OUTBOUND, hello -> relays.newRelay("catalog", "TCP"))
              : ConnectionStack.http1(proxy.worker, Direction.OUTBOUND, stack);
      InetSocketAddress address =
          proxy.listen(connections.withProxyHeaderFrom(AddressRanges.parse(List.of("127.0.0.1"))));
      try (var client = proxy.client(address)) {
        client.send("PROXY " + said + "\r\nGET / HTTP/1.1\r\nhost: catalog\r\n\r\n");
        assertThat(client.read().body()).isEqualTo("app");
      }
      assertThat(app.headers).containsExactly("PROXY " + said + "\r\n");
    }
  }

  /** Of bytes, too, the header is the first; also when the client waits for the server to speak. */
  @ParameterizedTest
  @EnumSource(value = ProxyProtocol.class, names = "OFF", mode = EnumSource.Mode.EXCLUDE)
  void aRelayBeginsWithIt(ProxyProtocol version) throws Exception {
    proxy.proxyProtocol = version;
    var heard = new LinkedBlockingQueue<String>();
    int length = version == ProxyProtocol.V1 ? "PROXY TCP4 127.0.0.1 127.0.0.1 ".length() : 28;
    try (var db =
        new Origin(
            "db-1",
            connection -> {
              heard.add(new String(connection.in.readNBytes(length), ISO_8859_1));
              if (version == ProxyProtocol.V1) {
                String ports = connection.line();
                heard.add(ports);
              }
              connection.write("220 ready\r\n");
              connection.socket.getInputStream().transferTo(connection.out);
            })) {
      proxy.serve("db:5432", db);
      var relays = new OutboundRelays(proxy.outboundStack());
      InetSocketAddress address =
          proxy.listen(
              ConnectionStack.bytes(
                  proxy.worker, Direction.OUTBOUND, hello -> relays.newRelay("db:5432", "TCP")));
      try (var client = proxy.client(address)) {
        assertThat(client.line()).isEqualTo("220 ready");
        client.send("EHLO\r\n");
        assertThat(client.line()).isEqualTo("EHLO");
        String first = heard.poll(60, TimeUnit.SECONDS);
        int port = client.socket().getLocalPort();
        if (version == ProxyProtocol.V1) {
          String ports = heard.poll(60, TimeUnit.SECONDS);
          assertThat(first + ports + "\r\n").isEqualTo(line(port, address));
        } else {
          assertThat(first)
              .startsWith(SIGNATURE + "\41\21\0\14\177\0\0\1\177\0\0\1")
              .endsWith(two(port) + two(address.getPort()));
        }
      }
    }
  }
}
