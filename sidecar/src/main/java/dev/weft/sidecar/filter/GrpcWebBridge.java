package dev.weft.sidecar.filter;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.http.GrpcKind;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Translates one gRPC-Web exchange after the other into gRPC and back, as it streams: content
 * types, base64 where the text form is spoken, and the trailers, which become the last frame of the
 * body (PROTOCOL-WEB.md). Messages pass as they are. One worker.
 */
public final class GrpcWebBridge {
  private static final byte[] ACCEPT = ascii("accept");
  private static final int TRAILERS_FLAG = 0x80;
  private static final int PREFIX = 5;

  private final Base64Decoder decoder = new Base64Decoder();
  private final MessageEncoder encoder = new MessageEncoder();
  private boolean textRequest;
  private boolean textResponse;

  /** Starts with a request of one of the two kinds for browsers. */
  public void begin(GrpcKind kind, HeadView request) {
    textRequest = kind == GrpcKind.WEB_TEXT;
    textResponse = textRequest;
    int accept = request.find(ACCEPT, 0);
    if (accept != HeadView.NONE) {
      GrpcKind wanted =
          GrpcKind.of(request.slab(), request.valueStart(accept), request.valueEnd(accept));
      if (wanted.web()) {
        textResponse = wanted == GrpcKind.WEB_TEXT;
      }
    }
    decoder.reset();
    encoder.reset();
  }

  /** Edits the request's head, for one attempt. */
  public void planRequest(HeadView request, HeadPlan plan) {
    type(request, GrpcKind.GRPC, plan);
    if (textRequest) {
      plan.drop(WellKnown.CONTENT_LENGTH);
    }
  }

  /**
   * Translates the part of the body that came with the head, where it lies.
   *
   * @return false: it is malformed
   */
  public boolean inline(ReceivedHead request) {
    if (!textRequest) {
      return true;
    }
    int end = decoder.decode(request.buffer, request.end, request.end + request.inlineBody);
    if (end == Base64Decoder.MALFORMED) {
      return false;
    }
    request.inlineBody = end - request.end;
    request.bodyLength = ReceivedHead.UNKNOWN_LENGTH;
    return true;
  }

  /**
   * Translates a piece of the request's body, where it lies; it may become empty.
   *
   * @return false: it is malformed
   */
  public boolean request(ByteBuf data) {
    if (!textRequest) {
      return true;
    }
    int end = decoder.decode(data, data.readerIndex(), data.writerIndex());
    if (end == Base64Decoder.MALFORMED) {
      return false;
    }
    data.writerIndex(end);
    return true;
  }

  /** Whether the request may end here. */
  public boolean wholeRequest() {
    return decoder.whole();
  }

  /**
   * Edits the response's head.
   *
   * @return false: it is not gRPC, and passes as it is, body and all
   */
  public boolean planResponse(HeadView response, HeadPlan plan) {
    if (GrpcKind.of(response) != GrpcKind.GRPC) {
      return false;
    }
    type(response, textResponse ? GrpcKind.WEB_TEXT : GrpcKind.WEB, plan);
    plan.drop(WellKnown.CONTENT_LENGTH);
    plan.drop(WellKnown.TRAILER);
    return true;
  }

  /** Translates a piece of the response's body; takes it over. */
  public ByteBuf response(ByteBuf data, ByteBufAllocator allocator) {
    if (!textResponse) {
      return data;
    }
    ByteBuf out = allocator.directBuffer(data.readableBytes() * 4 / 3 + 16);
    try {
      encoder.encode(data, data.readerIndex(), data.writerIndex(), out);
    } finally {
      data.release();
    }
    return out;
  }

  /** The last frame: the trailers as lines. */
  public ByteBuf trailers(@Nullable HeadView trailers, ByteBufAllocator allocator) {
    ByteBuf frame = allocator.directBuffer(128);
    frame.writeByte(TRAILERS_FLAG).writeInt(0);
    if (trailers != null) {
      for (int i = 0; i < trailers.headerCount(); i++) {
        name(trailers, i, frame);
        frame.writeByte(':').writeByte(' ');
        copy(trailers.slab(), trailers.valueStart(i), trailers.valueEnd(i), frame);
        frame.writeByte('\r').writeByte('\n');
      }
    }
    frame.setInt(1, frame.writerIndex() - PREFIX);
    if (!textResponse) {
      return frame;
    }
    ByteBuf out = response(frame, allocator);
    encoder.finish(out);
    return out;
  }

  private static void type(HeadView head, GrpcKind kind, HeadPlan plan) {
    plan.drop(WellKnown.CONTENT_TYPE);
    int line = head.find(WellKnown.CONTENT_TYPE);
    ByteBuffer slab = head.slab();
    int start = head.valueStart(line);
    int end = head.valueEnd(line);
    int format = start + GrpcKind.of(slab, start, end).type().length;
    plan.line(WellKnown.name(WellKnown.CONTENT_TYPE), kind.type(), slab, format, end);
  }

  private static void name(HeadView trailers, int i, ByteBuf to) {
    ByteBuffer slab = trailers.slab();
    for (int at = trailers.nameStart(i); at < trailers.nameEnd(i); at++) {
      to.writeByte(dev.weft.common.head.Ascii.lower(slab.get(at)));
    }
  }

  private static void copy(ByteBuffer slab, int start, int end, ByteBuf to) {
    for (int at = start; at < end; at++) {
      to.writeByte(slab.get(at));
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
