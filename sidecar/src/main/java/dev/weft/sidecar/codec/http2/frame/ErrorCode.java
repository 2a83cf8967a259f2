package dev.weft.sidecar.codec.http2.frame;

import dev.weft.sidecar.http.Failure;

/**
 * Error codes of RST_STREAM and GOAWAY (RFC 9113, section 7). A reset is passed on by what it says
 * of the exchange; what a code says of one connection alone (FLOW_CONTROL_ERROR and the like) is an
 * INTERNAL_ERROR to whoever is at the other end.
 */
public final class ErrorCode {
  public static final int NO_ERROR = 0;
  public static final int PROTOCOL_ERROR = 1;
  public static final int INTERNAL_ERROR = 2;
  public static final int FLOW_CONTROL_ERROR = 3;
  public static final int SETTINGS_TIMEOUT = 4;
  public static final int STREAM_CLOSED = 5;
  public static final int FRAME_SIZE_ERROR = 6;
  public static final int REFUSED_STREAM = 7;
  public static final int CANCEL = 8;
  public static final int COMPRESSION_ERROR = 9;
  public static final int CONNECT_ERROR = 10;
  public static final int ENHANCE_YOUR_CALM = 11;
  public static final int HTTP_1_1_REQUIRED = 13;

  private ErrorCode() {}

  /** What an endpoint says that resets a stream within its response. */
  public static Failure within(int code) {
    return switch (code) {
      case CANCEL -> Failure.RESPONSE_CANCELLED;
      case REFUSED_STREAM -> Failure.RESPONSE_REFUSED;
      case ENHANCE_YOUR_CALM -> Failure.RESPONSE_CALMED;
      default -> Failure.RESPONSE_RESET;
    };
  }

  /**
   * What a caller is told whose response is cut off. The end of a tunnel that is no orderly one is
   * a CANCEL (RFC 8441, section 5), which the stream knows.
   */
  public static int of(Failure why) {
    return switch (why) {
      case RESPONSE_CANCELLED -> CANCEL;
      case RESPONSE_REFUSED -> REFUSED_STREAM;
      case RESPONSE_CALMED -> ENHANCE_YOUR_CALM;
      case BAD_REQUEST -> PROTOCOL_ERROR;
      default -> INTERNAL_ERROR;
    };
  }
}
