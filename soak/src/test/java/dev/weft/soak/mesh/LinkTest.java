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
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LinkTest {
  /** Bytes that have reached the other end. */
  private final AtomicInteger received = new AtomicInteger();

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
                    echo(socket);
                  } catch (IOException e) {
                    // The client left.
                  }
                });
      } catch (IOException e) {
        return;
      }
    }
  }

  private void echo(Socket socket) throws IOException {
    byte[] buffer = new byte[4096];
    for (int read = socket.getInputStream().read(buffer);
        read >= 0;
        read = socket.getInputStream().read(buffer)) {
      received.addAndGet(read);
      socket.getOutputStream().write(buffer, 0, read);
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
  void silentOneWayPassesOnWhatGoesTheOther() throws IOException {
    for (Link.Direction direction : Link.Direction.values()) {
      try (Socket socket = connect()) {
        assertThat(echoed(socket, 7)).isEqualTo(7);
        int before = received.get();

        link.silence(direction);
        socket.getOutputStream().write(8);
        if (direction == Link.Direction.BACK) {
          await().until(() -> received.get() == before + 1);
        }
        socket.setSoTimeout(300);
        assertThatThrownBy(() -> socket.getInputStream().read())
            .isInstanceOf(SocketTimeoutException.class);
        assertThat(received).hasValue(direction == Link.Direction.BACK ? before + 1 : before);

        link.mend();
        socket.setSoTimeout(10_000);
        assertThat(socket.getInputStream().read()).isEqualTo(8);
      }
    }
  }

  @Test
  void tricklesPieceByPieceAndLosesNothing() throws IOException {
    byte[] sent = new byte[500];
    new Random(1).nextBytes(sent);
    try (Socket socket = connect()) {
      assertThat(echoed(socket, 7)).isEqualTo(7);

      link.trickle(1000);
      long since = System.nanoTime();
      socket.getOutputStream().write(sent);
      assertThat(socket.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
      assertThat(System.nanoTime() - since).isGreaterThan(500_000_000L);

      link.trickle(1);
      socket.getOutputStream().write(sent);
      link.mend();
      assertThat(socket.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
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
