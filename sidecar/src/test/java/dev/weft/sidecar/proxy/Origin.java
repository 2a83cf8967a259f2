package dev.weft.sidecar.proxy;

import dev.weft.testkit.SocketThreads;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A server on a real socket that does what its script says, and remembers what it was sent. */
final class Origin implements AutoCloseable {
  /** What happens on one connection. */
  interface Script {
    void run(Connection connection) throws IOException;
  }

  /** One request as it came over the wire. */
  record Request(String head, String body) {
    String header(String name) {
      for (String line : head.split("\r\n")) {
        if (line.toLowerCase(Locale.ROOT).startsWith(name + ":")) {
          return line.substring(name.length() + 1).strip();
        }
      }
      return "";
    }

    String line() {
      return head.substring(0, head.indexOf('\r'));
    }
  }

  final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
  final AtomicInteger connections = new AtomicInteger();
  final String name;
  private final ServerSocket server;
  private final List<Socket> sockets = Collections.synchronizedList(new ArrayList<>());
  private final Script script;

  Origin(String name, Script script) {
    this.name = name;
    this.script = script;
    try {
      server = new ServerSocket();
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    SocketThreads.start(this::accept);
  }

  /** Answers every request with the same bytes. */
  static Origin answering(String name, String response) {
    return new Origin(
        name,
        connection -> {
          while (connection.readRequest() != null) {
            connection.write(response);
          }
        });
  }

  /** Answers the first request of every connection with these bytes, and ends it. */
  static Origin once(String name, String response) {
    return new Origin(
        name,
        connection -> {
          connection.readRequest();
          connection.write(response);
        });
  }

  /** Answers 200 with its name. */
  static Origin named(String name) {
    return answering(
        name, "HTTP/1.1 200 OK\r\ncontent-length: " + name.length() + "\r\n\r\n" + name);
  }

  int port() {
    return server.getLocalPort();
  }

  /** Cuts every connection off, and listens on. */
  void cutConnections() {
    synchronized (sockets) {
      for (Socket socket : sockets) {
        closeQuietly(socket);
      }
      sockets.clear();
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cutConnections();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        connections.incrementAndGet();
        sockets.add(socket);
        if (server.isClosed()) {
          // One that came at the moment of the close is accepted all the same.
          closeQuietly(socket);
          return;
        }
        SocketThreads.start(() -> serve(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      script.run(new Connection(socket));
    } catch (IOException e) {
      // The other side or the test has closed it: the script is over.
    }
  }

  /** Lets a script wait for the test. */
  static void pass(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      // A read that is under way keeps the socket open until its thread runs again; this does not
      // wait for it.
      socket.shutdownInput();
      socket.shutdownOutput();
    } catch (IOException e) {
      // Its peer was quicker.
    }
    try {
      socket.close();
    } catch (IOException e) {
      // Closed anyway.
    }
  }

  /** One accepted connection. */
  final class Connection {
    final Socket socket;
    final InputStream in;
    final OutputStream out;

    Connection(Socket socket) throws IOException {
      this.socket = socket;
      this.in = new BufferedInputStream(socket.getInputStream());
      this.out = socket.getOutputStream();
    }

    void write(String latin1) throws IOException {
      out.write(latin1.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    /** Reads a head only, without its empty line; null at the end. */
    @Nullable String readHead() throws IOException {
      var head = new StringBuilder();
      for (String line = line(); line != null; line = line()) {
        if (line.isEmpty()) {
          return head.toString();
        }
        head.append(line).append("\r\n");
      }
      return null;
    }

    /** Reads a request with its body and remembers it; null at the end. */
    @Nullable Request readRequest() throws IOException {
      String head = readHead();
      if (head == null) {
        return null;
      }
      var request = new Request(head, "");
      String body = "";
      if (request.header("transfer-encoding").equalsIgnoreCase("chunked")) {
        body = chunks();
      } else if (!request.header("content-length").isEmpty()) {
        body =
            new String(
                in.readNBytes(Integer.parseInt(request.header("content-length"))),
                StandardCharsets.ISO_8859_1);
      }
      request = new Request(head, body);
      requests.add(request);
      return request;
    }

    // A null line is the end of the connection, and ends the script.
    @SuppressWarnings("NullAway")
    private String chunks() throws IOException {
      var body = new StringBuilder();
      while (true) {
        String size16 = line();
        if (size16 == null) {
          throw new java.io.EOFException("the connection ended within a body");
        }
        int size = Integer.parseInt(size16, 16);
        if (size == 0) {
          for (String trailer = line(); !trailer.isEmpty(); trailer = line()) {
            body.append('|').append(trailer);
          }
          return body.toString();
        }
        body.append(new String(in.readNBytes(size), StandardCharsets.ISO_8859_1));
        line();
      }
    }

    @Nullable String line() throws IOException {
      var line = new ByteArrayOutputStream();
      int b;
      while ((b = in.read()) != '\n') {
        if (b < 0) {
          return null;
        }
        if (b != '\r') {
          line.write(b);
        }
      }
      return line.toString(StandardCharsets.ISO_8859_1);
    }
  }
}
