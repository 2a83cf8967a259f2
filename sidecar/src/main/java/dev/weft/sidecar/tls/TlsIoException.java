package dev.weft.sidecar.tls;

import java.io.IOException;

/**
 * TLS ended a connection that was up; the message is for people. Without a stack: it is a peer's.
 */
public final class TlsIoException extends IOException {
  private static final long serialVersionUID = 1;

  TlsIoException(String message) {
    super(message);
  }

  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
