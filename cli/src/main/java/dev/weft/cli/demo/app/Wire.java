package dev.weft.cli.demo.app;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Reads and writes what the demo needs of HTTP/1.1. Used by one thread at a time. */
final class Wire {
  private static final int MAX_LINE_BYTES = 16 << 10;

  private Wire() {}

  /**
   * The first line of a message and its headers, names in lower case; null when the peer has closed
   * before it.
   */
  record Head(String firstLine, Map<String, String> headers) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }

    boolean closes() {
      return header("connection").toLowerCase(Locale.ROOT).contains("close");
    }
  }

  /**
   * Reads a head.
   *
   * @throws EOFException when the peer closes before or within it
   */
  static Head readHead(InputStream in) throws IOException {
    String firstLine = readLine(in);
    Map<String, String> headers = new TreeMap<>();
    for (String line = readLine(in); !line.isEmpty(); line = readLine(in)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    return new Head(firstLine, headers);
  }

  private static String readLine(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder(64);
    while (true) {
      int read = in.read();
      if (read < 0) {
        throw new EOFException(
            line.isEmpty() ? "closed by the peer" : "closed by the peer within a line");
      }
      if (read == '\n') {
        return line.toString();
      }
      if (read != '\r') {
        line.append((char) read);
      }
      if (line.length() > MAX_LINE_BYTES) {
        throw new IOException("a line of more than " + MAX_LINE_BYTES + " bytes");
      }
    }
  }

  /**
   * Reads a body as its head announces it and hands it on as it comes.
   *
   * @return its length in bytes
   * @throws EOFException when the peer closes before its end
   */
  static long copyBody(Head head, InputStream in, OutputStream out) throws IOException {
    if (head.header("transfer-encoding").equalsIgnoreCase("chunked")) {
      return copyChunks(in, out);
    }
    String length = head.header("content-length");
    return length.isEmpty() ? 0 : copy(Long.parseLong(length), in, out);
  }

  private static long copyChunks(InputStream in, OutputStream out) throws IOException {
    long total = 0;
    while (true) {
      String size = readLine(in);
      int semicolon = size.indexOf(';');
      long chunk = Long.parseLong(semicolon < 0 ? size : size.substring(0, semicolon), 16);
      total += copy(chunk, in, out);
      if (chunk > 0) {
        readLine(in);
        continue;
      }
      // Trailers, up to the empty line.
      while (!readLine(in).isEmpty()) {
        total += 0;
      }
      return total;
    }
  }

  private static long copy(long length, InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[8192];
    long left = length;
    while (left > 0) {
      int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (read < 0) {
        throw new EOFException("closed by the peer " + left + " bytes before the end of the body");
      }
      out.write(buffer, 0, read);
      left -= read;
    }
    return length;
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
