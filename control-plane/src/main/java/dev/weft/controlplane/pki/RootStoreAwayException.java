package dev.weft.controlplane.pki;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What keeps an authority does not answer now, which says nothing of what it keeps. */
public final class RootStoreAwayException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one line for a person
   */
  public RootStoreAwayException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
