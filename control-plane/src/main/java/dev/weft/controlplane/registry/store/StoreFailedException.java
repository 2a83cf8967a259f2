package dev.weft.controlplane.registry.store;

import org.jspecify.annotations.Nullable;

/**
 * Trying again does not help before a person has: an unreadable folder, a full disk, a damaged
 * file, a wrong password.
 */
public final class StoreFailedException extends StoreException {
  private static final long serialVersionUID = 1L;

  /** Made by stores; the message is one line that names the place and what to do. */
  public StoreFailedException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
