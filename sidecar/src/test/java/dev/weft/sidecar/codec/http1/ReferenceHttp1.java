package dev.weft.sidecar.codec.http1;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 messages read a second time, written from RFC 9112 alone and sharing nothing with the
 * codec: slow, simple, from whole bytes. What the codec takes for a message this must take for the
 * same one.
 */
final class ReferenceHttp1 {
  /** One whole message. */
  record Message(
      String start, List<String> headers, String body, List<String> trailers, boolean untilClose) {
    /** The value of the first header of a name in lower case, or null. */
    @Nullable String header(String name) {
      for (String line : headers) {
        if (line.toLowerCase(Locale.ROOT).startsWith(name + ":")) {
          return line.substring(name.length() + 1);
        }
      }
      return null;
    }

    String word(int index) {
      return start.split(" ", -1)[index];
    }
  }

  private static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Malformed(String what) {
      super(what, null, false, false);
    }
  }

  private static final class Incomplete extends RuntimeException {
    private static final long serialVersionUID = 1;

    Incomplete() {
      super(null, null, false, false);
    }
  }

  private final byte[] bytes;
  private int at;

  /** Why reading ended before the end of the bytes; empty: it did not, or more is awaited. */
  String problem = "";

  ReferenceHttp1(byte[] bytes) {
    this.bytes = bytes;
  }

  /** How many bytes were read as whole messages. */
  int consumed() {
    return at;
  }

  /** All requests up to what is malformed or not whole. */
  List<Message> requests() {
    var all = new ArrayList<Message>();
    while (at < bytes.length) {
      int before = at;
      try {
        while (bytes.length - at >= 2 && bytes[at] == '\r' && bytes[at + 1] == '\n') {
          at += 2;
        }
        String start = line();
        String[] words = start.split(" ", -1);
        if (words.length != 3 || words[0].isEmpty() || words[1].isEmpty()) {
          throw new Malformed("request line: " + start);
        }
        if (!words[2].equals("HTTP/1.1") && !words[2].equals("HTTP/1.0")) {
          throw new Malformed("version: " + start);
        }
        all.add(message(start, false, false));
      } catch (Malformed e) {
        problem = String.valueOf(e.getMessage());
        at = before;
        return all;
      } catch (Incomplete e) {
        at = before;
        return all;
      }
    }
    return all;
  }

  /** The responses to one request: interim ones, and the final one as the last. */
  List<Message> responses(boolean toHead, boolean closed) {
    var all = new ArrayList<Message>();
    int before = at;
    try {
      while (true) {
        before = at;
        String start = line();
        if (!start.matches("HTTP/1\\.[01] [1-5]\\d\\d( .*)?")) {
          throw new Malformed("status line: " + start);
        }
        int status = Integer.parseInt(start.substring(9, 12));
        boolean none = toHead || status < 200 || status == 204 || status == 304;
        int headAt = at;
        Message message = message(start, !none, none);
        if (message.untilClose() && !closed) {
          at = headAt;
          return all;
        }
        all.add(message);
        if (status >= 200) {
          return all;
        }
      }
    } catch (Malformed e) {
      problem = String.valueOf(e.getMessage());
      at = before;
    } catch (Incomplete e) {
      at = before;
    }
    return all;
  }

  private Message message(String start, boolean closeEnds, boolean noBody) {
    List<String> headers = fields();
    List<String> coding = values(headers, "transfer-encoding");
    List<String> lengths = values(headers, "content-length");
    var body = new ByteArrayOutputStream();
    List<String> trailers = List.of();
    boolean untilClose = false;
    if (!noBody) {
      if (!coding.isEmpty()) {
        if (coding.size() != 1 || !coding.getFirst().equalsIgnoreCase("chunked")) {
          throw new Malformed("coding: " + coding);
        }
        trailers = chunks(body);
      } else if (!lengths.isEmpty()) {
        if (lengths.stream().distinct().count() != 1 || !lengths.getFirst().matches("\\d+")) {
          throw new Malformed("length: " + lengths);
        }
        String digits = lengths.getFirst().replaceFirst("^0+(?=.)", "");
        take(digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits), body);
      } else if (closeEnds) {
        take(bytes.length - at, body);
        untilClose = true;
      }
    }
    return new Message(
        start, headers, body.toString(StandardCharsets.ISO_8859_1), trailers, untilClose);
  }

  private List<String> chunks(ByteArrayOutputStream body) {
    while (true) {
      String line = line();
      int end = 0;
      while (end < line.length() && Character.digit(line.charAt(end), 16) >= 0) {
        end++;
      }
      String digits = line.substring(0, end).replaceFirst("^0+(?=.)", "");
      String rest = line.substring(end).stripLeading();
      if (end == 0 || (!rest.isEmpty() && !rest.startsWith(";"))) {
        throw new Malformed("chunk size: " + line);
      }
      long size = digits.length() > 15 ? Long.MAX_VALUE : Long.parseLong(digits, 16);
      if (size == 0) {
        return fields();
      }
      take(size, body);
      if (!line().isEmpty()) {
        throw new Malformed("chunk longer than its size");
      }
    }
  }

  private List<String> fields() {
    var all = new ArrayList<String>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      String name = colon < 0 ? "" : line.substring(0, colon);
      if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
        throw new Malformed("field: " + line);
      }
      all.add(name + ":" + trim(line.substring(colon + 1)));
    }
    return all;
  }

  private static String trim(String value) {
    return value.replaceAll("^[ \\t]+|[ \\t]+$", "");
  }

  private static List<String> values(List<String> headers, String name) {
    var all = new ArrayList<String>();
    for (String line : headers) {
      if (line.toLowerCase(Locale.ROOT).startsWith(name + ":")) {
        for (String one : line.substring(name.length() + 1).split(",", -1)) {
          // An empty element of a list counts for nothing (RFC 9110, section 5.6.1).
          if (!trim(one).isEmpty() || line.endsWith(":")) {
            all.add(trim(one));
          }
        }
      }
    }
    return all;
  }

  private void take(long count, ByteArrayOutputStream to) {
    if (count > bytes.length - at) {
      throw new Incomplete();
    }
    to.write(bytes, at, (int) count);
    at += (int) count;
  }

  private String line() {
    int start = at;
    for (int i = at; i < bytes.length; i++) {
      if (bytes[i] == 0 || bytes[i] == '\n') {
        throw new Malformed("NUL or bare LF");
      }
      if (bytes[i] == '\r') {
        if (i + 1 == bytes.length) {
          throw new Incomplete();
        }
        if (bytes[i + 1] != '\n') {
          throw new Malformed("bare CR");
        }
        at = i + 2;
        return new String(bytes, start, i - start, StandardCharsets.ISO_8859_1);
      }
    }
    throw new Incomplete();
  }
}
