package dev.weft.sidecar.codec.http1;

import dev.weft.sidecar.codec.Check;
import dev.weft.sidecar.codec.ReferencePath;
import dev.weft.sidecar.codec.http1.ReferenceHttp1.Message;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a caller sends: whatever the codec takes for requests, an independent reading of the same
 * bytes takes for the same ones, and so does one of what is sent on; however the bytes are cut.
 */
public final class RequestFuzz {
  /** Belong to one hop, or are written anew. */
  private static final Set<String> OF_THE_HOP =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "te",
          "upgrade",
          "http2-settings",
          "transfer-encoding",
          "trailer",
          "host",
          "expect",
          "content-length",
          "weft-hop");

  private RequestFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    MiniProxy whole = run(input, Integer.MAX_VALUE);
    List<Message> read = new ReferenceHttp1(input).requests();
    Check.that(
        whole.requests.size() <= read.size(),
        () ->
            "the codec took %d requests, the reference %d"
                .formatted(whole.requests.size(), read.size()));
    for (int i = 0; i < whole.requests.size(); i++) {
      compare(whole.requests.get(i), read.get(i), whole.forwarded.get(i));
    }
    Check.same(whole.requests, run(input, 1).requests, "byte by byte");
    if (input.length > 0) {
      Check.same(
          whole.requests, run(input, 2 + (input[input.length - 1] & 0x3f)).requests, "in pieces");
    }
  }

  private static MiniProxy run(byte[] input, int piece) {
    var proxy = new MiniProxy(true);
    try {
      for (int at = 0; at < input.length; at += Math.min(piece, input.length - at)) {
        proxy.fromCaller(input, at, at + Math.min(piece, input.length - at));
      }
    } finally {
      proxy.end();
    }
    return proxy;
  }

  private static void compare(Message ours, Message read, byte[] forwarded) {
    Check.same(read.word(0), ours.start().split(" ", 2)[0], "the method");
    Check.same(read.headers(), ours.headers(), "the headers");
    Check.same(read.body(), ours.body(), "the body");
    var again = new ReferenceHttp1(forwarded);
    List<Message> sent = again.requests();
    Check.that(
        sent.size() == 1 && again.consumed() == forwarded.length,
        () ->
            "sent on as %d messages, %d of %d bytes read; %s"
                .formatted(sent.size(), again.consumed(), forwarded.length, again.problem));
    Message on = sent.getFirst();
    Check.same(read.word(0), on.word(0), "the method sent on");
    Check.same("HTTP/1.1", on.word(2), "the version sent on");
    Check.same(read.body(), on.body(), "the body sent on");
    Check.same(endToEnd(read), endToEnd(on), "the headers sent on");
    Check.that(
        on.headers().stream().filter(line -> name(line).equals("host")).count() == 1,
        () -> "not one Host: %s".formatted(on.headers()));
    for (String line : on.trailers()) {
      Check.that(
          read.trailers().contains(line), () -> "a trailer from nowhere: %s".formatted(line));
    }
    target(read.word(1), on.word(1));
  }

  private static void target(String read, String on) {
    String expected = read;
    int scheme = read.indexOf("://");
    if (!read.startsWith("/") && scheme > 0) {
      int path = scheme + 3;
      while (path < read.length() && read.charAt(path) != '/' && read.charAt(path) != '?') {
        path++;
      }
      expected =
          path == read.length() || read.charAt(path) == '?'
              ? "/" + read.substring(path)
              : read.substring(path);
    }
    if (expected.equals("*") || !on.startsWith("/")) {
      return;
    }
    int query = expected.indexOf('?');
    String path = query < 0 ? expected : expected.substring(0, query);
    Check.same(
        ReferencePath.normalise(path) + (query < 0 ? "" : expected.substring(query)),
        on,
        "the target sent on");
  }

  private static List<String> endToEnd(Message message) {
    var named = new ArrayList<String>();
    for (String line : message.headers()) {
      if (name(line).equals("connection")) {
        for (String option : line.substring(line.indexOf(':') + 1).split(",", -1)) {
          named.add(option.strip().toLowerCase(Locale.ROOT));
        }
      }
    }
    return message.headers().stream()
        .filter(line -> !OF_THE_HOP.contains(name(line)) && !named.contains(name(line)))
        .toList();
  }

  private static String name(String line) {
    return line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT);
  }

  static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
