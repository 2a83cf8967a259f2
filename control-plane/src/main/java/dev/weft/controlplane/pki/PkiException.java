package dev.weft.controlplane.pki;

import org.jspecify.annotations.Nullable;

/** Certificates or keys that cannot be used, in one line: which, what is wrong, what to do. */
public final class PkiException extends Exception {
  private static final long serialVersionUID = 1L;

  public PkiException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
