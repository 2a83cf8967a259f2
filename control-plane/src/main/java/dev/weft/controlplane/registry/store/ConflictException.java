package dev.weft.controlplane.registry.store;

/**
 * Somebody else was faster: a compare of a transaction did not hold. Read again, and decide again.
 */
public final class ConflictException extends StoreException {
  private static final long serialVersionUID = 1L;

  ConflictException(String what, long revision) {
    super(
        what
            + ": changed by somebody else meanwhile (seen at revision "
            + revision
            + "); read it again",
        null);
  }
}
