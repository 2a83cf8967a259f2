package dev.weft.sidecar.codec.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.sidecar.codec.ConnectionLimits;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Bound;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What a head costs that comes byte by byte: counted in looks at it, not in time. */
class PartialHeadTest {
  private static final String LINES = "X-A: " + "b".repeat(300) + "\r\n";
  private static final long UNTOUCHED = 77;

  private final Http1HeadParser parser = new Http1HeadParser(ConnectionLimits.DEFAULT);
  private final ReceivedHead head = new ReceivedHead();
  private int looks;
  private int end;

  private interface Parse {
    int upTo(ByteBuffer slab, int limit);
  }

  /** Hands the bytes over one by one until the parser has said something. */
  private void feed(String text, Parse parse) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer slab = ByteBuffer.wrap(bytes);
    looks = 0;
    end = Http1HeadParser.NEED_MORE;
    for (int limit = 1; limit <= bytes.length && end == Http1HeadParser.NEED_MORE; limit++) {
      // Every look sets it.
      head.bodyLength = UNTOUCHED;
      end = parse.upTo(slab, limit);
      looks += head.bodyLength == UNTOUCHED ? 0 : 1;
    }
  }

  private int request(ByteBuffer slab, int limit) {
    return parser.request(slab, 0, limit, head);
  }

  @Test
  void aRequestIsLookedAtOncePerLine() {
    String text = "GET / HTTP/1.1\r\nHost: a\r\n" + LINES.repeat(50) + "\r\n";
    for (int i = 0; i < 2; i++) {
      feed(text, this::request);
      assertThat(end).isEqualTo(text.length());
      assertThat(head.view.headerCount()).isEqualTo(51);
      // Its first byte, each line, and where it passes the bound of a request line.
      assertThat(looks).isEqualTo(1 + 53 + 1);
    }
  }

  @Test
  void aResponseToo() {
    String text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + LINES.repeat(50) + "\r\n";
    feed(text, (slab, limit) -> parser.response(slab, 0, limit, head, false));
    assertThat(end).isEqualTo(text.length());
    assertThat(looks).isEqualTo(1 + 53 + 1);
  }

  @Test
  void andTrailers() {
    String text = LINES.repeat(10) + "\r\n";
    feed(text, (slab, limit) -> parser.trailers(slab, 0, limit, head));
    assertThat(end).isEqualTo(text.length());
    assertThat(looks).isEqualTo(1 + 11);
  }

  @Test
  void aHeadWithoutLineEndsIsRefusedAtItsBounds() {
    feed("GET /" + "a".repeat(100_000), this::request);
    assertThat(end).isEqualTo(Http1HeadParser.REFUSED);
    assertThat(parser.refusal().bound()).isEqualTo(Bound.REQUEST_LINE);
    assertThat(looks).isEqualTo(2);
    feed("GET / HTTP/1.1\r\nHost: " + "a".repeat(100_000), this::request);
    assertThat(end).isEqualTo(Http1HeadParser.REFUSED);
    assertThat(parser.refusal().bound()).isEqualTo(Bound.HEAD_BYTES);
    assertThat(looks).isEqualTo(4);
  }
}
