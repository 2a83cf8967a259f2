package dev.weft.sidecar.tls;

import dev.weft.testkit.SocketThreads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A relay for one connection that sends what the client says as one segment per byte. */
final class OneByOne implements AutoCloseable {
  private final ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final Socket server;

  OneByOne(Socket server) throws IOException {
    this.server = server;
    SocketThreads.start(this::run);
  }

  int port() {
    return listening.getLocalPort();
  }

  private void run() {
    try (Socket client = listening.accept()) {
      SocketThreads.start(() -> copy(server, client, 4096));
      copy(client, server, 1);
    } catch (IOException e) {
      // The test is over.
    }
  }

  private static void copy(Socket from, Socket to, int size) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[size];
      int count;
      while ((count = in.read(buffer)) > 0) {
        out.write(buffer, 0, count);
      }
      to.close();
    } catch (IOException e) {
      // The test is over.
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
