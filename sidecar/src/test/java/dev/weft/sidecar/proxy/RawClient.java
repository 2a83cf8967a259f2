package dev.weft.sidecar.proxy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Sends bytes as they are and reads HTTP/1.1 responses; nothing is corrected on the way. */
final class RawClient implements AutoCloseable {
  /** For the service that every test here calls. */
  static final String GET = "GET / HTTP/1.1\r\nHost: catalog\r\n\r\n";

  private final Socket socket;
  private final InputStream in;

  RawClient(InetSocketAddress address) {
    try {
      socket = new Socket();
      socket.connect(address, 5000);
      socket.setSoTimeout(10_000);
      socket.setTcpNoDelay(true);
      in = new java.io.BufferedInputStream(socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  record Response(int status, String version, Map<String, String> headers, String body) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  RawClient send(String latin1) {
    return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  RawClient send(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Response read() {
    return read(false);
  }

  /** Reads one response, whole. */
  Response read(boolean toHead) {
    try {
      String statusLine = line();
      int status = Integer.parseInt(statusLine.substring(9, 12));
      Map<String, String> headers = lines();
      String body;
      if (toHead || status < 200 || status == 204 || status == 304) {
        body = "";
      } else if ("chunked".equals(headers.get("transfer-encoding"))) {
        body = chunks(headers);
      } else if (headers.containsKey("content-length")) {
        body = text(in.readNBytes(Integer.parseInt(headers.get("content-length"))));
      } else {
        body = text(in.readAllBytes());
      }
      return new Response(status, statusLine.substring(0, 8), headers, body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Everything until the other side closes. */
  String readToEnd() {
    try {
      return text(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean isClosedByPeer() {
    try {
      return in.read() < 0;
    } catch (IOException e) {
      return e.getMessage() != null && e.getMessage().contains("reset");
    }
  }

  String line() throws IOException {
    var line = new ByteArrayOutputStream();
    int b;
    while ((b = in.read()) != '\n') {
      if (b < 0) {
        throw new EOFException("closed within a line, after: " + line);
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  InputStream in() {
    return in;
  }

  Socket socket() {
    return socket;
  }

  private Map<String, String> lines() throws IOException {
    var headers = new TreeMap<String, String>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.merge(
          line.substring(0, colon).toLowerCase(Locale.ROOT),
          line.substring(colon + 1).strip(),
          (a, b) -> a + ", " + b);
    }
    return headers;
  }

  private String chunks(Map<String, String> headers) throws IOException {
    var body = new StringBuilder();
    while (true) {
      int size = Integer.parseInt(line(), 16);
      if (size == 0) {
        headers.putAll(lines());
        return body.toString();
      }
      body.append(text(in.readNBytes(size)));
      line();
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
