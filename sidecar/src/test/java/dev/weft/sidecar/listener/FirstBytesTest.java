package dev.weft.sidecar.listener;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.sidecar.listener.FirstBytes.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What first bytes say, at once and one by one. */
class FirstBytesTest {
  private static final int MAX = DetectionHandler.MAX_BYTES;
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private static Verdict look(boolean tcp, byte[] bytes) {
    return new FirstBytes(tcp, MAX).look(Unpooled.wrappedBuffer(bytes));
  }

  /** The first verdict that is not {@code MORE}, and after how many bytes. */
  private record Slow(Verdict verdict, int after, ClientHello hello) {}

  private static Slow byteByByte(boolean tcp, byte[] bytes) {
    var first = new FirstBytes(tcp, MAX);
    ByteBuf all = Unpooled.buffer();
    for (int i = 0; i < bytes.length; i++) {
      all.writeByte(bytes[i]);
      Verdict verdict = first.look(all);
      if (verdict != Verdict.MORE) {
        return new Slow(verdict, i + 1, first.hello());
      }
    }
    return new Slow(Verdict.MORE, bytes.length, first.hello());
  }

  private static byte[] bytes(String text) {
    return text.translateEscapes().getBytes(ISO_8859_1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "GET / HTTP/1.1\\r\\n | HTTP1",
        "POST /a HTTP/1.0\\r\\n | HTTP1",
        "PUT / | HTTP1",
        "PATCH /x | HTTP1",
        "PROPFIND /dav | HTTP1",
        "OPTIONS * | HTTP1",
        "GET http://a/ | HTTP1",
        "CONNECT a:443 HTTP/1.1\\r\\n | HTTP1",
        "BREW /pot HTTP/1.1\\r\\n | HTTP1",
        "get / http/1.1\\r\\n | HTTP1",
        "G@T / HTTP/1.1\\r\\n | HTTP1",
        "GET \\t/ HTTP/1.1\\n | HTTP1",
        "\\r\\nGET / HTTP/1.1\\r\\n | HTTP1",
        "PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n | HTTP2",
        "PRI * HTTP/1.1\\r\\n | HTTP1",
        "PRI * HTTP/2.0\\r\\n\\r\\nSN | HTTP2",
        "PING\\r\\n | TCP",
        "GET key\\r\\n | TCP",
        "SET key value\\r\\n | TCP",
        "*1\\r\\n$4\\r\\nPING\\r\\n | TCP",
        "SSH-2.0-OpenSSH_10.0\\r\\n | TCP",
        "EHLO a.example\\r\\n | TCP",
        "\\0\\0\\0\\b\\4\\322\\26\\57 | TCP",
        "GE\\0 / HTTP/1.1\\r\\n | TCP",
        "\\26\\3\\1\\0\\5\\2abcd | TCP",
        "\\26\\2\\1\\0\\5\\1abcd | TCP",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\\r\\n | PROXY_HEADER",
        "\\r\\n\\r\\n\\0\\r\\nQUIT\\n! | PROXY_HEADER",
        "PRI * HTTP/2.0 | MORE",
        "PROX | MORE",
        "PING | MORE",
        "GET  | MORE",
        "\\26\\3 | MORE"
      })
  void aListenerForEverythingTellsHttpFromTheRest(String text, Verdict expected) {
    assertThat(look(true, bytes(text))).isEqualTo(expected);
    assertThat(byteByByte(true, bytes(text)).verdict()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"G", "x", "\0", "\r", "*1\r\n", "POST", "PU", "PRX", "\26\2", "\377"})
  void aListenerForHttpDecidesAtOnce(String text) {
    assertThat(look(false, text.getBytes(ISO_8859_1))).isEqualTo(Verdict.HTTP1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INVALID CONNECTION PREFACE\\r\\n\\r\\n | NONSENSE",
        "\\r\\nEHLO a.example\\r\\n | NONSENSE",
        "INVALID CONNECTION | HTTP1",
        "GET\\r\\n | HTTP1",
        "GET x\\r\\n | HTTP1",
        "x /\\r\\n | HTTP1",
        "\\r\\n | HTTP1",
        "PRI * HTTP/2.0\\r\\nX | HTTP2",
      })
  void aListenerForHttpHasNoAnswerToWhatHasNothingOfHttp(String text, Verdict expected) {
    assertThat(look(false, bytes(text))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"true, true", "false, true", "true, false", "false, false"})
  void thePrefaceIsKnownByItsLastByte(boolean tcp, boolean whole) {
    byte[] bytes = whole ? bytes(PREFACE) : Arrays.copyOf(bytes(PREFACE), 23);
    Slow slow = byteByByte(tcp, bytes);
    assertThat(slow.verdict()).isEqualTo(whole ? Verdict.HTTP2 : Verdict.MORE);
    assertThat(slow.after()).isEqualTo(bytes.length);
  }

  @Test
  void whatIsNeitherALineNorShortIsTcp() {
    byte[] endless = new byte[MAX];
    Arrays.fill(endless, (byte) 'A');
    Slow slow = byteByByte(true, endless);
    assertThat(slow.verdict()).isEqualTo(Verdict.TCP);
    assertThat(slow.after()).isEqualTo(MAX);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 17, 100, 16_384})
  void aHelloInRecordsOfAnySizeIsRead(int recordSize) {
    byte[] hello = Hellos.records(Hellos.of("Db.Example.COM", "h2", "http/1.1"), recordSize);
    Slow slow = byteByByte(true, hello);
    assertThat(slow.verdict()).isEqualTo(Verdict.TLS);
    assertThat(slow.after()).isEqualTo(hello.length);
    assertThat(slow.hello())
        .isEqualTo(new ClientHello("db.example.com", List.of("h2", "http/1.1")));
    var first = new FirstBytes(false, MAX);
    // What comes after the hello (early data, say) is not looked at.
    ByteBuf withMore = Unpooled.wrappedBuffer(hello, new byte[] {23, 3, 3, 0, 1, 0});
    assertThat(first.look(withMore)).isEqualTo(Verdict.TLS);
    assertThat(first.hello()).isEqualTo(slow.hello());
    assertThat(withMore.readerIndex()).isZero();
  }

  @Test
  void aRealClientsHelloIsRead() throws Exception {
    byte[] hello = Hellos.ofJdk("api.example.com", "h2", "http/1.1");
    Slow slow = byteByByte(true, hello);
    assertThat(slow.verdict()).isEqualTo(Verdict.TLS);
    assertThat(slow.hello())
        .isEqualTo(new ClientHello("api.example.com", List.of("h2", "http/1.1")));
  }

  @Test
  void greaseIsPassedOver() {
    byte[] message =
        Hellos.message(
            Hellos.extension(0x1a1a),
            Hellos.serverName("a.example"),
            Hellos.extension(0xfafa, (byte) 0),
            Hellos.alpn("\u00ca\u00ca", "h2"));
    var first = new FirstBytes(true, MAX);
    assertThat(first.look(Unpooled.wrappedBuffer(Hellos.records(message, MAX))))
        .isEqualTo(Verdict.TLS);
    assertThat(first.hello()).isEqualTo(new ClientHello("a.example", List.of("h2")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", ".a", "a\0b", "ex\u00e4mple", "a/b", "[::1]"})
  void aNameThatIsNoHostNameIsNone(String name) {
    var first = new FirstBytes(true, MAX);
    byte[] hello = Hellos.records(Hellos.of(name, "h2"), MAX);
    assertThat(first.look(Unpooled.wrappedBuffer(hello))).isEqualTo(Verdict.TLS);
    assertThat(first.hello()).isEqualTo(new ClientHello(null, List.of("h2")));
  }

  @Test
  void aHelloBeyondTheBoundIsTlsOfWhichNothingIsKnown() {
    byte[] message = Hellos.message(Hellos.extension(21, new byte[MAX]), Hellos.serverName("a.b"));
    Slow slow = byteByByte(true, Hellos.records(message, 1000));
    assertThat(slow.verdict()).isEqualTo(Verdict.TLS);
    assertThat(slow.after()).isLessThan(20);
    assertThat(slow.hello()).isEqualTo(ClientHello.UNKNOWN);
  }

  @Test
  void aHelloOfTheSmallestRecordsEndsAtTheBound() {
    byte[] message = Hellos.message(Hellos.extension(21, new byte[8000]));
    Slow slow = byteByByte(true, Hellos.records(message, 1));
    assertThat(slow.verdict()).isEqualTo(Verdict.TLS);
    assertThat(slow.after()).isEqualTo(MAX);
    assertThat(slow.hello()).isEqualTo(ClientHello.UNKNOWN);
  }

  /** Whatever is broken in a hello, nothing is thrown, and the bytes stay as they are. */
  @Test
  void junkIsTolerated() {
    var random = new Random(11);
    byte[] good = Hellos.records(Hellos.of("db.example.com", "h2", "http/1.1"), MAX);
    for (int round = 0; round < 20_000; round++) {
      byte[] bad = good.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      bad = Arrays.copyOf(bad, random.nextInt(bad.length + 1));
      ByteBuf in = Unpooled.wrappedBuffer(bad);
      var first = new FirstBytes(random.nextBoolean(), MAX);
      Verdict verdict = first.look(in);
      assertThat(in.readableBytes()).isEqualTo(bad.length);
      assertThat(first.look(in)).isEqualTo(verdict);
    }
  }
}
