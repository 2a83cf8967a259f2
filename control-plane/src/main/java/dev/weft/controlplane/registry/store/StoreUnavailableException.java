package dev.weft.controlplane.registry.store;

import org.jspecify.annotations.Nullable;

/** The store did not answer (in time). It may be tried again, with a back-off. */
public final class StoreUnavailableException extends StoreException {
  private static final long serialVersionUID = 1L;

  private final boolean outcomeUnknown;

  /**
   * Made by stores.
   *
   * @param outcomeUnknown see {@link #outcomeUnknown()}
   */
  public StoreUnavailableException(
      String message, boolean outcomeUnknown, @Nullable Throwable cause) {
    super(message, cause);
    this.outcomeUnknown = outcomeUnknown;
  }

  /**
   * Whether what was asked for may have happened all the same: read before writing again, or write
   * with a compare.
   */
  public boolean outcomeUnknown() {
    return outcomeUnknown;
  }
}
