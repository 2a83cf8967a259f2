package dev.weft.sidecar.filter;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.http.GrpcKind;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.http.TestHeads;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * gRPC-Web in both forms, as a small client of it reads and writes it: the body of a response is
 * the bytes that gRPC's was, and one more frame with the trailers, however it is cut; in the text
 * form each message can be read as soon as it was sent; and what such a client sends arrives.
 *
 * <p>The input: whether text, the length of pieces, the length of the trailers, the trailers (names
 * and values in turn, ended by zeros), gRPC's body.
 */
public final class GrpcWebFuzz {
  private static final UnpooledByteBufAllocator ALLOCATOR = UnpooledByteBufAllocator.DEFAULT;
  private static final int PREFIX = 5;

  private GrpcWebFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 3) {
      return;
    }
    boolean text = (input[0] & 1) == 1;
    int piece = 1 + (input[1] & 0xff);
    int end = Math.min(input.length, 3 + (input[2] & 0xff));
    List<String> trailers = trailers(Arrays.copyOfRange(input, 3, end));
    byte[] body = Arrays.copyOfRange(input, end, input.length);
    response(text, piece, trailers, body);
    request(text, piece, body);
  }

  /** The server's way. */
  private static void response(boolean text, int piece, List<String> trailers, byte[] body) {
    GrpcWebBridge bridge = begin(text);
    var out = new ByteArrayOutputStream();
    int message = 0;
    for (int at = 0; at < body.length; at += Math.min(piece, body.length - at)) {
      int length = Math.min(piece, body.length - at);
      take(bridge.response(Unpooled.copiedBuffer(body, at, length), ALLOCATOR), out);
      for (int next = endOfMessage(body, message); next <= at + length; ) {
        message = next;
        next = endOfMessage(body, message);
      }
      byte[] sofar = read(text, out.toByteArray());
      if (sofar.length < message) {
        throw new AssertionError(message + " bytes are whole messages, read were " + sofar.length);
      }
      same(Arrays.copyOf(body, sofar.length), sofar);
    }
    HeadView head = TestHeads.response(0, trailers.toArray(String[]::new));
    take(bridge.trailers(head, ALLOCATOR), out);
    var expected = new StringBuilder();
    for (String line : trailers) {
      int colon = line.indexOf(':');
      expected.append(line.substring(0, colon).toLowerCase(Locale.ROOT));
      expected.append(line.substring(colon)).append("\r\n");
    }
    byte[] lines = expected.toString().getBytes(StandardCharsets.ISO_8859_1);
    byte[] frame =
        ByteBuffer.allocate(PREFIX + lines.length)
            .put((byte) 0x80)
            .putInt(lines.length)
            .put(lines)
            .array();
    if (text && out.size() % 4 != 0) {
      throw new AssertionError("the text ends within a group");
    }
    same(concat(body, frame), read(text, out.toByteArray()));
  }

  /** The client's way: each message encoded by itself, as gRPC-Web's clients do. */
  private static void request(boolean text, int piece, byte[] body) {
    var sent = new ByteArrayOutputStream();
    for (int at = 0; at < body.length; ) {
      int end = Math.min(body.length, endOfMessage(body, at));
      byte[] message = Arrays.copyOfRange(body, at, end);
      sent.writeBytes(text ? Base64.getEncoder().encode(message) : message);
      at = end;
    }
    byte[] bytes = sent.toByteArray();
    GrpcWebBridge bridge = begin(text);
    var arrived = new ByteArrayOutputStream();
    var head = new ReceivedHead();
    int inline = Math.min(piece, bytes.length);
    head.buffer = Unpooled.copiedBuffer(bytes, 0, inline);
    head.inlineBody = inline;
    head.bodyLength = bytes.length;
    check(bridge.inline(head), "what came with the head is refused");
    take(head.buffer.slice(0, head.inlineBody).retain(), arrived);
    head.buffer.release();
    for (int at = inline; at < bytes.length; at += Math.min(piece, bytes.length - at)) {
      ByteBuf data = Unpooled.copiedBuffer(bytes, at, Math.min(piece, bytes.length - at));
      check(bridge.request(data), "a piece is refused");
      take(data, arrived);
    }
    check(bridge.wholeRequest(), "the request is not whole");
    same(body, arrived.toByteArray());
  }

  private static GrpcWebBridge begin(boolean text) {
    var bridge = new GrpcWebBridge();
    HeadView head =
        TestHeads.request("POST", "content-type: application/grpc-web" + (text ? "-text" : ""));
    bridge.begin(GrpcKind.of(head), head);
    return bridge;
  }

  /** Where the message that begins there ends, if the body is long enough. */
  private static int endOfMessage(byte[] body, int start) {
    if (body.length - start < PREFIX) {
      return Integer.MAX_VALUE;
    }
    long length = Integer.toUnsignedLong(ByteBuffer.wrap(body).getInt(start + 1));
    return (int) Math.min(Integer.MAX_VALUE, start + PREFIX + length);
  }

  /** As far as it can be read: group by group, each of which may be padded. */
  private static byte[] read(boolean text, byte[] sent) {
    if (!text) {
      return sent;
    }
    var bytes = new ByteArrayOutputStream();
    for (int at = 0; at + 4 <= sent.length; at += 4) {
      bytes.writeBytes(Base64.getDecoder().decode(Arrays.copyOfRange(sent, at, at + 4)));
    }
    return bytes.toByteArray();
  }

  /** Names and values as a codec lets them through. */
  private static List<String> trailers(byte[] input) {
    var lines = new ArrayList<String>();
    String[] words = new String(input, StandardCharsets.ISO_8859_1).split("\0", -1);
    for (int i = 0; i + 1 < words.length; i += 2) {
      String name = words[i].replaceAll("[^A-Za-z0-9-]", "");
      String value = words[i + 1].replaceAll("[^ -~\u0080-\u00ff]", "").strip();
      if (!name.isEmpty()) {
        lines.add(name + ": " + value);
      }
    }
    return lines;
  }

  private static void take(ByteBuf from, ByteArrayOutputStream to) {
    byte[] bytes = new byte[from.readableBytes()];
    from.readBytes(bytes);
    from.release();
    to.writeBytes(bytes);
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private static void check(boolean good, String otherwise) {
    if (!good) {
      throw new AssertionError(otherwise);
    }
  }

  private static void same(byte[] expected, byte[] actual) {
    if (!Arrays.equals(expected, actual)) {
      throw new AssertionError(
          "expected " + Arrays.toString(expected) + " but was " + Arrays.toString(actual));
    }
  }
}
