package dev.weft.controlplane.registry.store;

import org.jspecify.annotations.Nullable;

/**
 * Something went wrong in the store. The message is fit for people; the subclass says what can be
 * done.
 */
public abstract sealed class StoreException extends RuntimeException
    permits StoreUnavailableException,
        CompactedException,
        ConflictException,
        LeaseExpiredException,
        StoreReplacedException,
        StoreFailedException,
        StoreClosedException {
  private static final long serialVersionUID = 1L;

  StoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
