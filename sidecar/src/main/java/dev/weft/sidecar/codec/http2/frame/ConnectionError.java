package dev.weft.sidecar.codec.http2.frame;

import org.jspecify.annotations.Nullable;

/**
 * What the peer sent ends the connection (RFC 9113, section 5.4.1). Without a stack trace: it is
 * the peer's fault and must cost little.
 */
public final class ConnectionError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int code;
  private final @Nullable Flood flood;

  private ConnectionError(int code, String message, @Nullable Flood flood) {
    super(message, null, false, false);
    this.code = code;
    this.flood = flood;
  }

  public static ConnectionError protocol(String message) {
    return new ConnectionError(ErrorCode.PROTOCOL_ERROR, message, null);
  }

  /**
   * @param code of {@link ErrorCode}
   */
  public static ConnectionError of(int code, String message) {
    return new ConnectionError(code, message, null);
  }

  public static ConnectionError flood(Flood flood) {
    return new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, flood.text(), flood);
  }

  public int code() {
    return code;
  }

  /** The flood that it was, or null for any other breach. */
  public @Nullable Flood flood() {
    return flood;
  }
}
