package dev.weft.bench.load;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Keep-alive connections that have each had one request answered, and then stay. */
public final class IdleConnections implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 5000;

  private final List<Socket> sockets = new ArrayList<>();

  private IdleConnections() {}

  /**
   * Opens them one after the other.
   *
   * @throws IOException when one is refused or not answered; says which
   */
  public static IdleConnections open(int port, String host, int count) throws IOException {
    var connections = new IdleConnections();
    byte[] request = Workload.http1(host, Workload.PATH).getBytes(StandardCharsets.US_ASCII);
    try {
      for (int i = 0; i < count; i++) {
        connections.open(port, request, i);
      }
      return connections;
    } catch (IOException e) {
      connections.close();
      throw e;
    }
  }

  public int count() {
    return sockets.size();
  }

  @SuppressWarnings("AddressSelection") // an address, not a name
  private void open(int port, byte[] request, int number) throws IOException {
    var socket = new Socket();
    sockets.add(socket);
    try {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(new InetSocketAddress("127.0.0.1", port), TIMEOUT_MILLIS);
      socket.getOutputStream().write(request);
      readAnswer(socket.getInputStream());
    } catch (IOException e) {
      throw new IOException("connection " + number + " was not served: " + e.getMessage(), e);
    }
  }

  /** The head, and 1 KB. */
  private static void readAnswer(InputStream in) throws IOException {
    byte[] buffer = new byte[4096];
    int received = 0;
    int wanted = Integer.MAX_VALUE;
    while (received < wanted) {
      int read = in.read(buffer, received, buffer.length - received);
      if (read < 0) {
        throw new IOException("closed");
      }
      received += read;
      String text = new String(buffer, 0, received, StandardCharsets.US_ASCII);
      int end = text.indexOf("\r\n\r\n");
      if (end > 0) {
        if (!text.startsWith("200", 9)) {
          throw new IOException("answered " + text.substring(0, text.indexOf('\r')));
        }
        wanted = end + 4 + 1024;
      }
    }
  }

  @Override
  public void close() {
    for (Socket socket : sockets) {
      try {
        socket.close();
      } catch (IOException e) {
        // It is gone, which is what was wanted.
      }
    }
  }
}
