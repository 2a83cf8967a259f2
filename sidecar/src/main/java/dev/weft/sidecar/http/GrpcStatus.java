package dev.weft.sidecar.http;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * gRPC's status codes, as heads and trailers carry them, beside HTTP's. Pure. Source: gRPC's
 * statuscodes.md and http-grpc-status-mapping.md.
 */
public final class GrpcStatus {
  /** No status: not gRPC, or not over. */
  public static final int NONE = -1;

  public static final int OK = 0;
  public static final int CANCELLED = 1;
  public static final int UNKNOWN = 2;
  public static final int DEADLINE_EXCEEDED = 4;
  public static final int INTERNAL = 13;
  public static final int UNAVAILABLE = 14;

  private static final int[] HTTP = {
    200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401
  };
  private static final byte[][] TEXT = texts();
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

  private GrpcStatus() {}

  /**
   * The status in a head of trailers only, or in trailers; {@link #UNKNOWN} when it is nonsense.
   */
  public static int of(HeadView head) {
    int line = head.find(WellKnown.GRPC_STATUS);
    if (line == HeadView.NONE) {
      return NONE;
    }
    ByteBuffer slab = head.slab();
    int start = head.valueStart(line);
    int end = head.valueEnd(line);
    int value = 0;
    for (int i = start; i < end; i++) {
      int digit = slab.get(i) - '0';
      if (digit < 0 || digit > 9 || i - start > 1) {
        return UNKNOWN;
      }
      value = value * 10 + digit;
    }
    return start < end && value < HTTP.length ? value : UNKNOWN;
  }

  /** The status of a response that has ended with these trailers; without one it is UNKNOWN. */
  public static int ofTrailers(@Nullable HeadView trailers) {
    int status = trailers == null ? NONE : of(trailers);
    return status == NONE ? UNKNOWN : status;
  }

  /** What a gRPC client makes of a response that is none of gRPC's. */
  public static int ofHttp(int status) {
    return switch (status) {
      case 400 -> INTERNAL;
      case 401 -> 16;
      case 403 -> 7;
      case 404 -> 12;
      case 429, 502, 503, 504 -> UNAVAILABLE;
      default -> UNKNOWN;
    };
  }

  /** The HTTP status that means the same, for whatever counts requests by it. */
  public static int toHttp(int status) {
    return status >= 0 && status < HTTP.length ? HTTP[status] : 500;
  }

  /** The number as text, not to be changed. */
  public static byte[] text(int status) {
    return TEXT[status];
  }

  /** A message as {@code grpc-message} carries it: UTF-8, percent-encoded. */
  public static byte[] message(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    byte[] encoded = new byte[utf8.length * 3];
    int length = 0;
    for (byte b : utf8) {
      if (b >= 0x20 && b < 0x7f && b != '%') {
        encoded[length++] = b;
      } else {
        encoded[length++] = '%';
        encoded[length++] = HEX[b >> 4 & 0xf];
        encoded[length++] = HEX[b & 0xf];
      }
    }
    return java.util.Arrays.copyOf(encoded, length);
  }

  private static byte[][] texts() {
    byte[][] texts = new byte[HTTP.length][];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = Integer.toString(i).getBytes(StandardCharsets.US_ASCII);
    }
    return texts;
  }
}
