package dev.weft.sidecar.codec.http2;

import dev.weft.sidecar.http.Failure;

/**
 * Error codes of RST_STREAM and GOAWAY (RFC 9113, section 7). A reset is passed on by what it says
 * of the exchange; what a code says of one connection alone (FLOW_CONTROL_ERROR and the like) is an
 * INTERNAL_ERROR to whoever is at the other end.
 */
final class ErrorCode {
  static final int NO_ERROR = 0;
  static final int PROTOCOL_ERROR = 1;
  static final int INTERNAL_ERROR = 2;
  static final int FLOW_CONTROL_ERROR = 3;
  static final int SETTINGS_TIMEOUT = 4;
  static final int STREAM_CLOSED = 5;
  static final int FRAME_SIZE_ERROR = 6;
  static final int REFUSED_STREAM = 7;
  static final int CANCEL = 8;
  static final int COMPRESSION_ERROR = 9;
  static final int CONNECT_ERROR = 10;
  static final int ENHANCE_YOUR_CALM = 11;
  static final int HTTP_1_1_REQUIRED = 13;

  private ErrorCode() {}

  /** What an endpoint says that resets a stream within its response. */
  static Failure within(int code) {
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
  static int of(Failure why) {
    return switch (why) {
      case RESPONSE_CANCELLED -> CANCEL;
      case RESPONSE_REFUSED -> REFUSED_STREAM;
      case RESPONSE_CALMED -> ENHANCE_YOUR_CALM;
      case BAD_REQUEST -> PROTOCOL_ERROR;
      default -> INTERNAL_ERROR;
    };
  }
}
