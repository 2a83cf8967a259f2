package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.RouteFilterConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadEdits;
import dev.weft.sidecar.listener.ConnectionStack;
import dev.weft.sidecar.telemetry.Direction;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Connections of TLS that are passed on by the name in their hello, where routes say so. */
class ServerNameTest extends RelayFixture {
  @Test
  void eachNameGoesWhereItsRouteSays() throws IOException {
    try (var one = greeter("one");
        var two = greeter("two")) {
      proxy.serve("one", List.of(proxy.endpoint("one", one.port())));
      proxy.serve("two", List.of(proxy.endpoint("two", two.port())));
      proxy.put(
          new VirtualHostConfig(
              "test/db:5432",
              true,
              List.of(),
              List.of(to("www.example.org", "one"), to("*.example.org", "two"))),
          "db:5432");

      assertThat(greeting("www.example.org")).isEqualTo("one");
      assertThat(greeting("other.example.org")).isEqualTo("two");
      assertThat(refused(named("example.com"))).isTrue();
      assertThat(refused(named(""))).isTrue();
    }
  }

  private String greeting(String serverName) throws IOException {
    try (var client = proxy.client(named(serverName))) {
      return new String(client.in().readNBytes(3), java.nio.charset.StandardCharsets.US_ASCII);
    }
  }

  /** A listener whose connections have named that server. */
  private InetSocketAddress named(String serverName) {
    var relays = new OutboundRelays(proxy.outboundStack());
    return proxy.listen(
        ConnectionStack.bytes(
            proxy.worker,
            Direction.OUTBOUND,
            hello -> relays.newRelay("db:5432", serverName, "TLS")));
  }

  private static RouteConfig to(String serverName, String service) {
    return new RouteConfig(
        serverName,
        List.of(),
        MatchConfig.serverName(serverName),
        List.of(BackendConfig.of(service + ".test:80", 1)),
        HeadEdits.NONE,
        HeadEdits.NONE,
        0,
        0,
        false,
        RouteConfig.DEFAULT_IDLE,
        RetryConfig.DEFAULT,
        RouteFilterConfig.NONE);
  }

  private static Origin greeter(String name) {
    return new Origin(
        name,
        connection -> {
          connection.write(name);
          connection.in.transferTo(java.io.OutputStream.nullOutputStream());
        });
  }
}
