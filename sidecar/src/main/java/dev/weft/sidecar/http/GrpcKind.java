package dev.weft.sidecar.http;

import dev.weft.common.head.Ascii;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Whether a message is gRPC, and in which of its spellings; asked once per request. Pure.
 *
 * <p>Sources: gRPC over HTTP/2 (PROTOCOL-HTTP2.md) and gRPC-Web (PROTOCOL-WEB.md).
 */
public enum GrpcKind {
  /** Not gRPC. */
  NONE,
  /** {@code application/grpc}, with or without a {@code +format}. */
  GRPC,
  /** {@code application/grpc-web}: the trailers are the body's last frame. */
  WEB,
  /** {@code application/grpc-web-text}: the same in base64. */
  WEB_TEXT;

  private static final byte[] GRPC_TYPE = ascii("application/grpc");
  private static final byte[] WEB_TYPE = ascii("application/grpc-web");
  private static final byte[] TEXT_TYPE = ascii("application/grpc-web-text");
  private static final byte[] WEB_SUFFIX = ascii("-web");
  private static final byte[] TEXT_SUFFIX = ascii("-text");

  /** Reads the content type of a request or response. */
  public static GrpcKind of(HeadView head) {
    int line = head.find(WellKnown.CONTENT_TYPE);
    return line == HeadView.NONE
        ? NONE
        : of(head.slab(), head.valueStart(line), head.valueEnd(line));
  }

  /** Reads a media type, e.g. that of a content type or of {@code accept}. */
  public static GrpcKind of(ByteBuffer slab, int start, int end) {
    int at = start + GRPC_TYPE.length;
    if (end < at || !Ascii.equalsIgnoreCase(slab, start, at, GRPC_TYPE)) {
      return NONE;
    }
    GrpcKind kind = GRPC;
    if (follows(slab, at, end, WEB_SUFFIX)) {
      kind = WEB;
      at += WEB_SUFFIX.length;
      if (follows(slab, at, end, TEXT_SUFFIX)) {
        kind = WEB_TEXT;
        at += TEXT_SUFFIX.length;
      }
    }
    return isEnd(slab, at, end) ? kind : NONE;
  }

  /** Whether it is one of the two spellings for browsers. */
  public boolean web() {
    return this == WEB || this == WEB_TEXT;
  }

  /** The media type without a format such as {@code +proto}, not to be changed. */
  public byte[] type() {
    return switch (this) {
      case NONE -> throw new IllegalStateException("not gRPC");
      case GRPC -> GRPC_TYPE;
      case WEB -> WEB_TYPE;
      case WEB_TEXT -> TEXT_TYPE;
    };
  }

  private static boolean follows(ByteBuffer slab, int at, int end, byte[] text) {
    return end - at >= text.length && Ascii.equalsIgnoreCase(slab, at, at + text.length, text);
  }

  private static boolean isEnd(ByteBuffer slab, int at, int end) {
    if (at == end) {
      return true;
    }
    byte b = slab.get(at);
    return b == '+' || b == ';' || b == ' ' || b == '\t';
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
