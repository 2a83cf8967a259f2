package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.RetryConfig;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A server of HTTP/2 that breaks the protocol, or floods us, loses that connection; its caller gets
 * 502, and whoever comes next is served.
 */
class Http2UpstreamAbuseTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: catalog\r\n\r\n";

  private static final int DATA = 0;
  static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  private static final int PUSH_PROMISE = 5;
  private static final int PING = 6;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;

  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  static final byte[] STATUS_200 = {(byte) 0x88};

  /**
   * @param sent instead of a response to stream 1
   */
  record Abuse(String name, byte[] sent) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Abuse> abuses() {
    byte[] large = new byte[16385];
    return List.of(
        new Abuse("9113 3.4 not HTTP/2", "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(latin1())),
        after("4.2 a frame that is too large", frame(DATA, 0, 1, large)),
        after("6.6 PUSH_PROMISE", frame(PUSH_PROMISE, END_HEADERS, 1, new byte[] {0, 0, 0, 2})),
        after("5.1.1 a stream of the server's", frame(HEADERS, 5, 2, STATUS_200)),
        after("5.1 a stream that nobody opened", frame(HEADERS, 5, 99, STATUS_200)),
        after("4.3 a block that does not decode", frame(HEADERS, 5, 1, new byte[] {(byte) 0xff})),
        after("8.1 DATA before the head", frame(DATA, END_STREAM, 1, new byte[] {1})),
        after("8.1 an end before the head", frame(DATA, END_STREAM, 1, new byte[0])),
        after("8.1.1 no :status", head(field("a", "b"))),
        after("8.1.1 :status that is no number", head(field(":status", "2x0"))),
        after("8.6 101", head(field(":status", "101"))),
        after("8.2.1 a name in upper case", head(STATUS_200, field("A", "b"))),
        after("8.2.1 a line end in a value", head(STATUS_200, field("a", "b\r\nc: d"))),
        after("8.2.2 connection", head(STATUS_200, field("connection", "close"))),
        after("8.2.2 transfer-encoding", head(STATUS_200, field("transfer-encoding", "chunked"))),
        after("8.3 a request's field", head(STATUS_200, field(":path", "/"))),
        after("8.3 :status after a field", head(field("a", "b"), STATUS_200)),
        after(
            "8.1.1 content-length without content", head(STATUS_200, field("content-length", "3"))),
        after(
            "8.1.1 two lengths",
            head(STATUS_200, field("content-length", "0"), field("content-length", "0"))),
        after("10.5.1 a head that is too large", endless()),
        after("6.5 SETTINGS without end", repeated(frame(SETTINGS, 0, 0, new byte[0]), 5000)),
        after("6.7 PINGs without end", repeated(frame(PING, 0, 0, new byte[8]), 5000)),
        after("6.9 updates by nothing", frame(WINDOW_UPDATE, 0, 0, new byte[4])),
        after(
            "6.9.1 a window beyond bounds",
            frame(WINDOW_UPDATE, 0, 0, new byte[] {0x7f, -1, -1, -1})),
        after("6.4 a reset of an idle stream", frame(RST_STREAM, 0, 77, new byte[4])),
        after("6.10 CONTINUATION of nothing", frame(CONTINUATION, 4, 1, STATUS_200)));
  }

  @ParameterizedTest
  @MethodSource("abuses")
  void itsCallerGets502AndNobodyElseNotices(Abuse abuse) {
    var connections = new AtomicInteger();
    try (var proxy = new ProxyFixture();
        var server =
            new Origin(
                "server",
                connection -> {
                  boolean bad = connections.getAndIncrement() == 0;
                  var in = new DataInputStream(connection.in);
                  in.readFully(new byte[24]);
                  int stream = nextRequest(in);
                  if (bad) {
                    connection.out.write(abuse.sent());
                    connection.out.flush();
                  } else {
                    connection.out.write(frame(SETTINGS, 0, 0, new byte[0]));
                  }
                  while (true) {
                    if (!bad || stream > 1) {
                      connection.out.write(frame(HEADERS, 5, stream, STATUS_200));
                      connection.out.flush();
                    }
                    stream = nextRequest(in);
                  }
                })) {
      proxy.declared = WireProtocol.HTTP2;
      proxy.route.retry = RetryConfig.NEVER;
      proxy.serve("catalog", server);
      try (var client = proxy.client(proxy.outbound())) {
        var answer = client.send(GET).read();
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.body()).contains("\"UPE\"");
        for (int i = 0; i < 3; i++) {
          assertThat(client.send(GET).read().status()).isEqualTo(200);
        }
      }
    }
  }

  /** Reads frames up to the next HEADERS; the number of its stream. */
  static int nextRequest(DataInputStream in) throws IOException {
    while (true) {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      in.readUnsignedByte();
      int stream = in.readInt();
      in.readFully(new byte[length]);
      if (type == HEADERS) {
        return stream;
      }
    }
  }

  private static Abuse after(String name, byte[] frames) {
    return new Abuse("9113 " + name, join(frame(SETTINGS, 0, 0, new byte[0]), frames));
  }

  private static byte[] head(byte[]... fields) {
    return frame(HEADERS, END_HEADERS | END_STREAM, 1, join(fields));
  }

  /** A head that never ends. */
  private static byte[] endless() {
    byte[] piece = field("a", "x".repeat(16_000));
    byte[][] frames = new byte[40][];
    frames[0] = frame(HEADERS, END_STREAM, 1, STATUS_200);
    for (int i = 1; i < frames.length; i++) {
      frames[i] = frame(CONTINUATION, 0, 1, piece);
    }
    return join(frames);
  }

  private static byte[] repeated(byte[] frame, int times) {
    byte[][] all = new byte[times][];
    java.util.Arrays.fill(all, frame);
    return join(all);
  }

  /** A literal without indexing (RFC 7541, section 6.2.2). */
  private static byte[] field(String name, String value) {
    var out = new ByteArrayOutputStream();
    out.write(0);
    string(out, name);
    string(out, value);
    return out.toByteArray();
  }

  private static void string(ByteArrayOutputStream out, String text) {
    int length = text.length();
    if (length < 127) {
      out.write(length);
    } else {
      out.write(127);
      int rest = length - 127;
      while (rest >= 128) {
        out.write((rest & 0x7f) | 0x80);
        rest >>>= 7;
      }
      out.write(rest);
    }
    out.writeBytes(text.getBytes(latin1()));
  }

  static byte[] frame(int type, int flags, int stream, byte[] payload) {
    var out = new ByteArrayOutputStream();
    out.write(payload.length >>> 16);
    out.write(payload.length >>> 8);
    out.write(payload.length);
    out.write(type);
    out.write(flags);
    out.write(stream >>> 24);
    out.write(stream >>> 16);
    out.write(stream >>> 8);
    out.write(stream);
    out.writeBytes(payload);
    return out.toByteArray();
  }

  private static byte[] join(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  private static java.nio.charset.Charset latin1() {
    return StandardCharsets.ISO_8859_1;
  }
}
