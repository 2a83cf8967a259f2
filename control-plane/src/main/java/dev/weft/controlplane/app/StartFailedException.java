package dev.weft.controlplane.app;

import org.jspecify.annotations.Nullable;

/** The control plane cannot run like this. The message is one line for a person. */
public final class StartFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StartFailedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
