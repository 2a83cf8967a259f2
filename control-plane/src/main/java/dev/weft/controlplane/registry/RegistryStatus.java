package dev.weft.controlplane.registry;

/**
 * How well this replica knows the store. Immutable.
 *
 * @param reason why it is not {@link State#SYNCED}; empty when it is
 */
public record RegistryStatus(State state, String reason) {
  /** From worse to better. */
  public enum State {
    /** The store has never been read: there is nothing to serve. */
    CONNECTING,
    /** Contact is lost: the last view stays in force and may be old; writes are refused. */
    INTERRUPTED,
    /** The view follows the store. */
    SYNCED
  }

  static final RegistryStatus SYNCED = new RegistryStatus(State.SYNCED, "");

  /** Whether the view follows the store. */
  public boolean synced() {
    return state == State.SYNCED;
  }
}
