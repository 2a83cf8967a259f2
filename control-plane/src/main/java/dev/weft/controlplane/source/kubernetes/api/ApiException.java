package dev.weft.controlplane.source.kubernetes.api;

import java.time.Duration;

/** The API server refused, or was not reached. The message is for a person. */
public final class ApiException extends Exception {
  /** The code of what did not get an answer. */
  static final int UNREACHED = 0;

  private final int code;
  private final Duration retryAfter;

  ApiException(int code, String message, Duration retryAfter) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** The HTTP status; 0 when there was no answer. */
  public int code() {
    return code;
  }

  /** How long the API server asks us to wait; zero: it does not say. */
  Duration retryAfter() {
    return retryAfter;
  }
}
