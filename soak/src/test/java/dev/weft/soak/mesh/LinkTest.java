package dev.weft.soak.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LinkTest {
  private ServerSocket echo;
  private Link link;
  private int port;

  @BeforeEach
  void open() throws IOException {
    echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::serve);
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    link = new Link("test", "127.0.0.1", port, echo.getLocalPort());
  }

  @AfterEach
  void close() throws IOException {
    link.close();
    echo.close();
  }

  private void serve() {
    while (!echo.isClosed()) {
      try {
        Socket socket = echo.accept();
        Thread.ofVirtual()
            .start(
                () -> {
                  try (socket) {
                    socket.getInputStream().transferTo(socket.getOutputStream());
                  } catch (IOException e) {
                    // The client left.
                  }
                });
      } catch (IOException e) {
        return;
      }
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static int echoed(Socket socket, int value) throws IOException {
    socket.getOutputStream().write(value);
    return socket.getInputStream().read();
  }

  @Test
  void forwardsInBothDirectionsAndTellsOfTheEnd() throws IOException {
    try (Socket socket = connect()) {
      assertThat(echoed(socket, 7)).isEqualTo(7);

      socket.shutdownOutput();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void cutResetsWhatIsOpenAndWhatIsNewUntilItIsMended() throws IOException {
    try (Socket socket = connect()) {
      assertThat(echoed(socket, 7)).isEqualTo(7);

      link.cut();
      assertThatThrownBy(
              () -> {
                if (echoed(socket, 8) < 0) {
                  throw new IOException("closed");
                }
              })
          .isInstanceOf(IOException.class);

      link.mend();
      try (Socket another = connect()) {
        assertThat(echoed(another, 9)).isEqualTo(9);
      }
    }
  }

  @Test
  void silentKeepsConnectionsAndHoldsBackWhatIsSentUntilItIsMended() throws IOException {
    try (Socket socket = connect()) {
      assertThat(echoed(socket, 7)).isEqualTo(7);

      link.silence();
      socket.setSoTimeout(300);
      assertThatThrownBy(() -> echoed(socket, 8)).isInstanceOf(SocketTimeoutException.class);

      link.mend();
      socket.setSoTimeout(10_000);
      assertThat(socket.getInputStream().read()).isEqualTo(8);
    }
  }

  @Test
  void delaysInBothDirections() throws IOException {
    try (Socket socket = connect()) {
      assertThat(echoed(socket, 7)).isEqualTo(7);

      link.delay(Duration.ofMillis(200));
      long since = System.nanoTime();
      assertThat(echoed(socket, 8)).isEqualTo(8);
      assertThat(System.nanoTime() - since).isGreaterThan(400_000_000L);
    }
  }

  @Test
  void whereNobodyListensTheConnectionEnds() throws IOException {
    echo.close();
    await()
        .until(
            () -> {
              try (Socket socket = connect()) {
                return socket.getInputStream().read() < 0;
              } catch (IOException e) {
                return true;
              }
            });
  }
}
