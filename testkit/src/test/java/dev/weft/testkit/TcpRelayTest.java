package dev.weft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TcpRelayTest {
  private static final Duration DELAY = Duration.ofMillis(300);

  @Test
  void answersComeLaterForAsLongAsTheyAreDelayed() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (var server = new ServerSocket(0, 1, loopback);
        var relay = new TcpRelay(loopback, new InetSocketAddress(loopback, server.getLocalPort()));
        var client = new Socket(loopback, relay.port());
        Socket served = server.accept()) {
      relay.delayAnswers(DELAY);
      assertThat(answered(client, served)).isGreaterThanOrEqualTo(DELAY);

      // What is on its way does not wait any longer.
      relay.delayAnswers(Duration.ofHours(1));
      served.getOutputStream().write(1);
      relay.delayAnswers(Duration.ZERO);
      assertThat(client.getInputStream().read()).isEqualTo(1);
      assertThat(relay.answered()).isEqualTo(2);
    }
  }

  private static Duration answered(Socket client, Socket served) throws IOException {
    long begin = System.nanoTime();
    served.getOutputStream().write(1);
    assertThat(client.getInputStream().read()).isEqualTo(1);
    return Duration.ofNanos(System.nanoTime() - begin);
  }
}
