package dev.weft.sidecar.tls;

import java.io.IOException;

/** A connection that could not be secured; the message says why, as the end of a sentence. */
public final class TlsConnectException extends IOException {
  private static final long serialVersionUID = 1;

  private final boolean timeout;

  TlsConnectException(boolean timeout, String reason) {
    super(reason);
    this.timeout = timeout;
  }

  public boolean timeout() {
    return timeout;
  }

  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
