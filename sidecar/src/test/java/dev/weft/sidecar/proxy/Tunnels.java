package dev.weft.sidecar.proxy;

import dev.weft.sidecar.telemetry.Direction;
import io.netty.channel.epoll.Epoll;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** What the tests of tunnels share. */
@SuppressWarnings("StringConcatToTextBlock") // Lines end in CR LF here.
final class Tunnels {
  static final String GET = "GET /ws HTTP/1.1\r\nHost: catalog\r\n";
  static final String UPGRADE =
      GET + "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nX-Key: 1\r\n\r\n";
  static final String SWITCH =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "X-Accept: 2\r\n\r\n";

  private Tunnels() {}

  /** Switches, then sends back what comes, to its end. */
  static Origin echo() {
    return new Origin(
        "echo",
        connection -> {
          connection.readRequest();
          connection.write(SWITCH + "hello ");
          connection.in.transferTo(connection.out);
          connection.socket.shutdownOutput();
        });
  }

  static Stream<Arguments> everywhere() {
    Stream<Boolean> transports = Epoll.isAvailable() ? Stream.of(true, false) : Stream.of(false);
    return transports.flatMap(
        epoll -> Stream.of(Direction.values()).map(direction -> Arguments.of(direction, epoll)));
  }
}
