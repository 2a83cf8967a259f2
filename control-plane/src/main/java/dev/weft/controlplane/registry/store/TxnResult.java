package dev.weft.controlplane.registry.store;

/**
 * How a transaction ended. Immutable.
 *
 * @param succeeded whether every compare held; if not, nothing was changed
 * @param revision if it succeeded and changed something, the revision of the change; else the
 *     store's revision when the compares were looked at
 */
public record TxnResult(boolean succeeded, long revision) {
  /**
   * This result, if it succeeded.
   *
   * @param what what was attempted, for the message: "apply HTTPRoute default/catalog"
   * @throws ConflictException if a compare did not hold
   */
  public TxnResult orThrow(String what) {
    if (!succeeded) {
      throw new ConflictException(what, revision);
    }
    return this;
  }
}
