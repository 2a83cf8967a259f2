package dev.weft.controlplane.auth;

import org.jspecify.annotations.Nullable;

/** Nobody can be asked at present. The message is one line for a person. */
public final class ReviewUnavailableException extends Exception {
  private static final long serialVersionUID = 1L;

  public ReviewUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
