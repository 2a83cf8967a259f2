package dev.weft.sidecar.codec.http1;

import dev.weft.sidecar.codec.Check;
import dev.weft.sidecar.codec.http1.ReferenceHttp1.Message;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What an endpoint answers: a response that reaches the caller whole is the one that an independent
 * reading of the endpoint's bytes gives, however they are cut; any other is cut off or an error.
 * The first byte chooses the request: odd for HEAD.
 */
public final class ResponseFuzz {
  private ResponseFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    boolean head = (input[0] & 1) == 1;
    byte[] bytes = Arrays.copyOfRange(input, 1, input.length);
    MiniProxy whole = run(bytes, Integer.MAX_VALUE, head);
    byte[] answer = whole.answered.toByteArray();
    if (whole.responseWhole) {
      List<Message> read = new ReferenceHttp1(bytes).responses(head, true);
      var reference = new ReferenceHttp1(answer);
      List<Message> sent = reference.responses(head, true);
      Check.that(!read.isEmpty(), () -> "passed on what the reference does not read");
      Check.that(
          !sent.isEmpty() && reference.consumed() == answer.length,
          () ->
              "the caller was sent %d messages, %d of %d bytes; %s"
                  .formatted(sent.size(), reference.consumed(), answer.length, reference.problem));
      Message from = read.getLast();
      Message to = sent.getLast();
      Check.same(from.word(1), to.word(1), "the status");
      Check.same(from.body(), to.body(), "the body");
      if (to.header("content-length") != null && !head) {
        boolean none = to.word(1).equals("304");
        Check.that(
            none || Long.parseLong(to.header("content-length").strip()) == to.body().length(),
            () -> "a length that is not the body's: %s".formatted(to));
      }
      for (String line : from.headers()) {
        String name = line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT);
        if (name.startsWith("x-") && !named(from, name)) {
          Check.that(to.headers().contains(line), () -> "%s is lost".formatted(line));
        }
      }
    }
    for (int piece : new int[] {1, 2 + (input[0] & 0x3f)}) {
      MiniProxy cut = run(bytes, piece, head);
      Check.same(whole.responseWhole, cut.responseWhole, "whole in pieces of " + piece);
      if (whole.responseWhole) {
        Check.same(
            bodyOf(answer, head), bodyOf(cut.answered.toByteArray(), head), "pieces of " + piece);
      }
    }
  }

  private static boolean named(Message message, String header) {
    return message.headers().stream()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("connection:"))
        .anyMatch(line -> line.toLowerCase(Locale.ROOT).contains(header));
  }

  private static String bodyOf(byte[] answer, boolean head) {
    List<Message> sent = new ReferenceHttp1(answer).responses(head, true);
    return sent.isEmpty() ? "" : sent.getLast().word(1) + sent.getLast().body();
  }

  private static MiniProxy run(byte[] bytes, int piece, boolean head) {
    var proxy = new MiniProxy(false);
    byte[] request =
        ((head ? "HEAD" : "GET") + " / HTTP/1.1\r\nhost: a\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    try {
      proxy.fromCaller(request, 0, request.length);
      for (int at = 0; at < bytes.length; at += Math.min(piece, bytes.length - at)) {
        proxy.fromEndpoint(bytes, at, at + Math.min(piece, bytes.length - at));
      }
      proxy.endpointCloses();
    } finally {
      proxy.end();
    }
    return proxy;
  }
}
