package dev.weft.sidecar.proxy;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.InboundConfig;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.listener.ConnectionStack;
import dev.weft.sidecar.proxyprotocol.AddressRanges;
import dev.weft.sidecar.telemetry.Direction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** Listeners whose connections are passed on as bytes, and what is seen of them. */
abstract class RelayFixture {
  ProxyFixture proxy = new ProxyFixture();

  @AfterEach
  final void close() {
    proxy.close();
  }

  /** A port of our application's that leads to db, or the inbound port in front of it. */
  InetSocketAddress relay(Direction direction, Origin... origins) {
    if (direction == Direction.INBOUND) {
      return inbound(origins[0].port(), WireProtocol.TCP);
    }
    proxy.serve("db:5432", origins);
    var relays = new OutboundRelays(proxy.outboundStack());
    return proxy.listen(
        ConnectionStack.bytes(
            proxy.worker, Direction.OUTBOUND, hello -> relays.newRelay("db:5432", "TCP")));
  }

  InetSocketAddress inbound(int appPort, @Nullable WireProtocol declared) {
    return inbound(appPort, declared, AddressRanges.NONE);
  }

  InetSocketAddress inbound(int appPort, @Nullable WireProtocol declared, AddressRanges proxies) {
    var app =
        new InboundApp(
            "127.0.0.1", appPort, 1, () -> InboundConfig.DEFAULT, proxy.nanos::get, new Random(3));
    app.declare(declared);
    var relays = new InboundRelays(proxy.worker, app);
    return proxy.listen(
        ConnectionStack.http1(proxy.worker, Direction.INBOUND, new InboundStack(proxy.worker, app))
            .withBytes(
                hello ->
                    relays.newRelay(hello == null ? "" : String.valueOf(hello.serverName()), "TCP"),
                app::declared)
            .withProxyHeaderFrom(proxies));
  }

  static Origin echo(String name) {
    return new Origin(
        name,
        connection -> {
          connection.socket.getInputStream().transferTo(connection.out);
          connection.socket.shutdownOutput();
        });
  }

  /** A number as the scrape has it; 0 when it is not there. */
  double metric(String name, Direction direction) {
    String line = "weft_" + name + "{direction=\"" + direction.label() + "\"} ";
    return proxy
        .telemetry
        .scrape()
        .lines()
        .filter(one -> one.startsWith(line))
        .mapToDouble(one -> Double.parseDouble(one.substring(line.length())))
        .findFirst()
        .orElse(0);
  }

  double flagged(String flag, Direction direction) {
    String labels = "direction=\"" + direction.label() + "\",flag=\"" + flag + "\"";
    return proxy
        .telemetry
        .scrape()
        .lines()
        .filter(one -> one.startsWith("weft_rq_response_flag_total{") && one.contains(labels))
        .mapToDouble(one -> Double.parseDouble(one.substring(one.indexOf('}') + 2)))
        .sum();
  }

  /** Cut off at once, which a client may see as early as at its connect. */
  boolean refused(InetSocketAddress address) throws IOException {
    try (var client = proxy.client(address)) {
      return reset(client);
    } catch (UncheckedIOException e) {
      return e.getCause() instanceof SocketException;
    }
  }

  static boolean reset(RawClient client) throws IOException {
    try {
      return client.in().read() >= 0;
    } catch (SocketException e) {
      return true;
    }
  }

  Cluster cluster() {
    return Objects.requireNonNull(proxy.clusters.find("db:5432.test:80"));
  }
}
