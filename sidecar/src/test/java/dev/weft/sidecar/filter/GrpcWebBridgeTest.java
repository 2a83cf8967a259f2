package dev.weft.sidecar.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.http.GrpcKind;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.http.TestHeads;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The translation between gRPC-Web and gRPC, however the bytes are cut. */
class GrpcWebBridgeTest {
  private static final UnpooledByteBufAllocator ALLOCATOR = UnpooledByteBufAllocator.DEFAULT;

  private final GrpcWebBridge bridge = new GrpcWebBridge();
  private final Random random = new Random(5);

  private HeadView begin(String... lines) {
    HeadView head = TestHeads.request("POST", lines);
    bridge.begin(GrpcKind.of(head), head);
    return head;
  }

  @Test
  void aTextRequestIsDecodedHoweverItIsCut() {
    for (int size = 0; size < 60; size++) {
      byte[] body = new byte[size];
      random.nextBytes(body);
      // Padded in the middle too, as a client does that encodes message by message.
      int middle = size / 2;
      byte[] text =
          concat(
              Base64.getEncoder().encode(Arrays.copyOf(body, middle)),
              Base64.getEncoder().encode(Arrays.copyOfRange(body, middle, size)));
      begin("content-type: application/grpc-web-text");
      var out = new ByteArrayOutputStream();
      for (int at = 0; at < text.length; ) {
        int length = Math.min(text.length - at, 1 + random.nextInt(7));
        ByteBuf piece = Unpooled.copiedBuffer(text, at, length);
        assertThat(bridge.request(piece)).isTrue();
        out.writeBytes(bytes(piece));
        at += length;
      }
      assertThat(bridge.wholeRequest()).isTrue();
      assertThat(out.toByteArray()).isEqualTo(body);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"A=AA", "AA=A", "A===", "====", "AA-_", "AA A", "AB==", "AAB=", "\n"})
  void whatIsNotBase64IsRefused(String text) {
    begin("content-type: application/grpc-web-text");
    assertThat(bridge.request(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"A", "AA", "AAA", "AA="})
  void aTextRequestDoesNotEndWithinAGroup(String text) {
    begin("content-type: application/grpc-web-text");
    assertThat(bridge.request(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1))).isTrue();
    assertThat(bridge.wholeRequest()).isFalse();
  }

  @Test
  void theBodyThatCameWithTheHeadIsDecodedWhereItLies() {
    var request = new ReceivedHead();
    request.buffer = Unpooled.copiedBuffer("head" + "aGVsbG8=" + "next", StandardCharsets.US_ASCII);
    request.end = 4;
    request.inlineBody = 8;
    request.bodyLength = 8;
    begin("content-type: application/grpc-web-text");
    assertThat(bridge.inline(request)).isTrue();
    assertThat(request.bodyLength).isEqualTo(ReceivedHead.UNKNOWN_LENGTH);
    assertThat(request.buffer.toString(4, request.inlineBody, StandardCharsets.US_ASCII))
        .isEqualTo("hello");
    assertThat(request.buffer.toString(12, 4, StandardCharsets.US_ASCII)).isEqualTo("next");
  }

  @Test
  void headsAreTranslatedWithTheirFormat() {
    var plan = new HeadPlan();
    HeadView request = begin("content-type: application/grpc-web-text+proto");
    bridge.planRequest(request, plan);
    assertThat(TestHeads.lines(plan)).isEqualTo("content-type: application/grpc+proto\r\n");
    plan.clear();
    HeadView response = TestHeads.response(200, "content-type: application/grpc+proto");
    assertThat(bridge.planResponse(response, plan)).isTrue();
    assertThat(TestHeads.lines(plan))
        .isEqualTo("content-type: application/grpc-web-text+proto\r\n");
    assertThat(plan.drops(response, 0)).isTrue();
  }

  @Test
  void whatIsNotGrpcIsNotTranslated() {
    begin("content-type: application/grpc-web");
    assertThat(
            bridge.planResponse(TestHeads.response(404, "content-type: text/html"), new HeadPlan()))
        .isFalse();
  }

  @Test
  void binaryPassesAsItIsAndTrailersAreTheLastFrame() {
    begin("content-type: application/grpc-web+proto");
    ByteBuf message = Unpooled.copiedBuffer(message("hi"));
    assertThat(bridge.response(message, ALLOCATOR)).isSameAs(message);
    byte[] frame = bytes(bridge.trailers(TestHeads.response(0, "Grpc-Status: 5"), ALLOCATOR));
    assertThat(frame).startsWith(0x80, 0, 0, 0, 16);
    assertThat(new String(frame, 5, 16, StandardCharsets.US_ASCII)).isEqualTo("grpc-status: 5\r\n");
  }

  @Test
  void textIsWholeAtTheEndOfEveryMessageHoweverItIsCut() {
    for (int round = 0; round < 50; round++) {
      begin("content-type: application/grpc-web-text");
      byte[] first = message("x".repeat(random.nextInt(9)));
      byte[] second = message("y".repeat(random.nextInt(9)));
      var out = new ByteArrayOutputStream();
      feed(first, out);
      assertThat(Base64.getDecoder().decode(out.toByteArray())).isEqualTo(first);
      int end = out.size();
      feed(second, out);
      assertThat(Base64.getDecoder().decode(Arrays.copyOfRange(out.toByteArray(), end, out.size())))
          .isEqualTo(second);
      byte[] trailers = bytes(bridge.trailers(TestHeads.response(0, "grpc-status: 0"), ALLOCATOR));
      assertThat(Base64.getDecoder().decode(trailers)).startsWith(0x80, 0, 0, 0, 16);
    }
  }

  @Test
  void theAcceptHeaderChoosesTheFormOfTheResponse() {
    begin("content-type: application/grpc-web", "accept: application/grpc-web-text");
    byte[] text = bytes(bridge.response(Unpooled.copiedBuffer(message("")), ALLOCATOR));
    assertThat(new String(text, StandardCharsets.US_ASCII)).isEqualTo("AAAAAAA=");
  }

  private void feed(byte[] message, ByteArrayOutputStream out) {
    for (int at = 0; at < message.length; ) {
      int length = Math.min(message.length - at, 1 + random.nextInt(4));
      out.writeBytes(bytes(bridge.response(Unpooled.copiedBuffer(message, at, length), ALLOCATOR)));
      at += length;
    }
  }

  private static byte[] message(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return concat(new byte[] {0, 0, 0, 0, (byte) bytes.length}, bytes);
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private static byte[] bytes(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    buffer.release();
    return bytes;
  }
}
