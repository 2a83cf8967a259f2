package dev.weft.controlplane.registry.store;

/**
 * What a watch tells. Called from one thread at a time, in order, on a virtual thread of the store;
 * it may block, which holds up this watch only. What it throws is logged and otherwise ignored.
 */
public interface WatchListener {
  /** Something changed. Revisions of batches only grow. */
  void onBatch(WatchBatch batch);

  /**
   * The watch is over; nothing follows. What to do: range again and watch from there.
   *
   * @param reason {@link CompactedException} if the first revision asked for was compacted away;
   *     {@link StoreReplacedException} if it is another store now, or one set back to an earlier
   *     state; another if it failed for good
   */
  void onEnd(StoreException reason);

  /**
   * Contact is lost; changes may be late. The watch resumes by itself; told once per interruption.
   */
  default void onInterrupted(StoreException reason) {}

  /**
   * Contact is there again after {@link #onInterrupted}; what was missed is told in the batches
   * that follow.
   */
  default void onResumed() {}
}
