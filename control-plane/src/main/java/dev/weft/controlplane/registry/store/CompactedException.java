package dev.weft.controlplane.registry.store;

/** The history asked for is gone. Read the present with a range and go on from there. */
public final class CompactedException extends StoreException {
  private static final long serialVersionUID = 1L;

  private final long compactedRevision;

  /**
   * Made by stores.
   *
   * @param requested the revision that was asked for
   * @param compactedRevision up to where history is gone, 0 if not known
   */
  public CompactedException(long requested, long compactedRevision) {
    super(
        "revision "
            + requested
            + " of the store was compacted away"
            + (compactedRevision > 0 ? ": history begins after revision " + compactedRevision : "")
            + "; read the present state and watch from there",
        null);
    this.compactedRevision = compactedRevision;
  }

  /** Up to where history is gone; 0 if the store did not say. */
  public long compactedRevision() {
    return compactedRevision;
  }
}
