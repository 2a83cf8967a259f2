package dev.weft.sidecar.proxyprotocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The header in both versions, whole and byte by byte, right and wrong. */
class ProxyHeaderTest {
  private static final int MAX = 4096;
  private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
  private static final String INET = "\7\7\7\7\10\10\10\10\0\120\1\273";

  private static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }

  private static String vector(int type, int length) {
    return (char) type + "" + (char) (length >> 8) + (char) (length & 0xff) + "x".repeat(length);
  }

  /** Version 2 with what follows the signature, and the length of the last part. */
  private static String two(int command, int family, String rest) {
    return SIGNATURE
        + (char) command
        + (char) family
        + (char) (rest.length() >> 8)
        + (char) (rest.length() & 0xff)
        + rest;
  }

  private static ProxyHeader read(byte[] header) {
    var reader = new ProxyHeaderReader(MAX);
    ByteBuf all = Unpooled.buffer();
    for (int i = 0; i < header.length; i++) {
      assertThat(reader.read(all)).as("after %d bytes", i).isEqualTo(ProxyHeaderReader.NEED_MORE);
      all.writeByte(header[i]);
    }
    all.writeBytes(bytes("GET / HTTP/1.1"));
    assertThat(reader.read(all)).isEqualTo(header.length);
    assertThat(all.readerIndex()).isZero();
    return reader.header();
  }

  private static ProxyHeader of(String source, int sourcePort, String destination, int port) {
    return new ProxyHeader(
        new InetSocketAddress(source, sourcePort), new InetSocketAddress(destination, port));
  }

  @ParameterizedTest
  @CsvSource({
    "TCP4,192.0.2.7,198.51.100.1",
    "TCP4,0.0.0.0,255.255.255.255",
    "TCP6,2001:db8::1,::1",
    "TCP6,2001:0db8:0000:0000:0000:0000:0000:0001,fe80::7"
  })
  void versionOneIsRead(String family, String source, String destination) {
    String line = "PROXY " + family + " " + source + " " + destination + " 56324 443\r\n";
    assertThat(read(bytes(line))).isEqualTo(of(source, 56324, destination, 443));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 whatever 1 2\r\n"})
  void whatVersionOneDoesNotKnowHasNoAddress(String line) {
    assertThat(read(bytes(line))).isEqualTo(ProxyHeader.LOCAL);
  }

  @Test
  void versionTwoIsRead() {
    assertThat(read(bytes(two(0x21, 0x11, INET)))).isEqualTo(of("7.7.7.7", 80, "8.8.8.8", 443));
    String six = "\40\1\15\270" + "\0".repeat(11) + "\1";
    assertThat(read(bytes(two(0x21, 0x21, six + six + "\1\2\3\4"))))
        .isEqualTo(of("2001:db8::1", 0x102, "2001:db8::1", 0x304));
  }

  @Test
  void vectorsAreSteppedOver() {
    String vectors = vector(1, 2) + vector(0x20, 300) + vector(4, 0);
    assertThat(read(bytes(two(0x21, 0x11, INET + vectors))))
        .isEqualTo(of("7.7.7.7", 80, "8.8.8.8", 443));
  }

  @Test
  void whatVersionTwoHasNoIpAddressForHasNone() {
    for (String header :
        List.of(
            two(0x20, 0, ""),
            two(0x20, 0x11, INET),
            two(0x20, 0x99, "junk"),
            two(0x21, 0, ""),
            two(0x21, 0, vector(4, 8)),
            two(0x21, 0x12, INET),
            two(0x21, 0x31, "\0".repeat(216)),
            two(0x21, 0x32, "\0".repeat(216)))) {
      assertThat(read(bytes(header))).isEqualTo(ProxyHeader.LOCAL);
    }
  }

  @Test
  void whatIsWrongIsMalformed() {
    for (String header :
        List.of(
            "GET / HTTP/1.1\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n",
            "PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n",
            "PROXY TCP4 01.2.3.4 5.6.7.8 1 2\r\n",
            "PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n",
            "PROXY TCP4 ::1 ::2 1 2\r\n",
            "PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n",
            "PROXY TCP6 [::1] ::2 1 2\r\n",
            "PROXY TCP6 fe80::1%eth0 ::2 1 2\r\n",
            "PROXY TCP6 1:2:3:4:5:6:7:8:9 ::2 1 2\r\n",
            "PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
            "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
            "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
            "PROXY UNKNOWNS\r\n",
            "PROXY \r\n",
            "proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
            "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\rX",
            "PROXY UNKNOWN " + "x".repeat(100),
            "PROXY UNKNOWN " + "x".repeat(92) + "\r\n",
            two(0x11, 0x11, INET),
            two(0x22, 0x11, INET),
            two(0x21, 0x41, INET),
            two(0x21, 0x13, INET),
            two(0x21, 0x11, INET.substring(1)),
            two(0x21, 0x21, INET),
            two(0x21, 0x31, INET),
            two(0x21, 0x11, INET + "\1"),
            two(0x21, 0x11, INET + "\1\0\5ab"),
            two(0x20, 0, "x".repeat(MAX)))) {
      assertThat(new ProxyHeaderReader(MAX).read(Unpooled.wrappedBuffer(bytes(header))))
          .as(header)
          .isEqualTo(ProxyHeaderReader.MALFORMED);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.7,198.51.100.1,TCP4 192.0.2.7 198.51.100.1",
    "2001:db8::1,fe80::2%1,TCP6 2001:db8:0:0:0:0:0:1 fe80:0:0:0:0:0:0:2"
  })
  void whatIsWrittenHasTheseBytesAndIsReadAgain(String source, String destination, String said) {
    ProxyHeader header = of(source, 1, destination, 65535);
    byte[] one = written(header, ProxyProtocol.V1);
    assertThat(new String(one, ISO_8859_1)).isEqualTo("PROXY " + said + " 1 65535\r\n");
    assertThat(read(one).source()).isEqualTo(header.source());
    byte[] two = written(header, ProxyProtocol.V2);
    boolean four = said.startsWith("TCP4");
    int address = four ? 4 : 16;
    ByteBuf expected =
        Unpooled.wrappedBuffer(
            bytes(SIGNATURE + (four ? "\41\21\0\14" : "\41\41\0\44")),
            new InetSocketAddress(source, 1).getAddress().getAddress(),
            new InetSocketAddress(destination, 65535).getAddress().getAddress(),
            bytes("\0\1\377\377"));
    assertThat(two).hasSize(20 + 2 * address).isEqualTo(ByteBufUtil.getBytes(expected));
    assertThat(read(two).source()).isEqualTo(header.source());
  }

  private static byte[] written(ProxyHeader header, ProxyProtocol version) {
    return ByteBufUtil.getBytes(header.write(Unpooled.buffer(), version));
  }

  @Test
  void withoutBothAddressesOfOneFamilyItSpeaksForItself() {
    var four = new InetSocketAddress("192.0.2.7", 1);
    var six = new InetSocketAddress("2001:db8::2", 2);
    var unresolved = InetSocketAddress.createUnresolved("host.example", 3);
    for (ProxyHeader header :
        List.of(
            ProxyHeader.LOCAL,
            ProxyHeader.of(four, six),
            ProxyHeader.of(null, four),
            ProxyHeader.of(six, null),
            ProxyHeader.of(unresolved, four))) {
      assertThat(new String(written(header, ProxyProtocol.V1), ISO_8859_1))
          .isEqualTo("PROXY UNKNOWN\r\n");
      assertThat(written(header, ProxyProtocol.V2)).isEqualTo(bytes(SIGNATURE + "\40\0\0\0"));
      assertThat(written(header, ProxyProtocol.OFF)).isEmpty();
    }
    assertThat(ProxyHeader.of(four, four)).isEqualTo(new ProxyHeader(four, four));
  }

  @Test
  void junkIsMalformedOrReadAndNothingElse() {
    var random = new Random(3);
    byte[] good = bytes(two(0x21, 0x11, INET + vector(1, 5)));
    for (int round = 0; round < 20_000; round++) {
      byte[] bad = good.clone();
      for (int i = random.nextInt(3); i >= 0; i--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      assertThat(new ProxyHeaderReader(MAX).read(Unpooled.wrappedBuffer(bad)))
          .isBetween(ProxyHeaderReader.MALFORMED, bad.length);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8,10.255.0.1,true",
    "10.0.0.0/8,11.0.0.1,false",
    "10.128.0.0/9,10.127.0.1,false",
    "192.0.2.7,192.0.2.7,true",
    "192.0.2.7,192.0.2.8,false",
    "0.0.0.0/0,8.8.8.8,true",
    "0.0.0.0/0,::1,false",
    "2001:db8::/33,2001:db8:7fff::1,true",
    "2001:db8::/33,2001:db8:8000::1,false"
  })
  void blocksContainWhatBeginsAsTheyDo(String block, String address, boolean contained) {
    assertThat(
            AddressRanges.parse(List.of("203.0.113.1", block))
                .contains(new InetSocketAddress(address, 1)))
        .isEqualTo(contained);
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::1/129", "/8"})
  void whatIsNoBlockIsRefusedByName(String text) {
    assertThatThrownBy(() -> AddressRanges.parse(List.of(text)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"" + text + "\"");
  }
}
