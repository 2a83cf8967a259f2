package dev.weft.controlplane.source.apply;

/** A document cannot be removed or rolled back; the message says why. */
public final class PolicyRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** There is none of that kind and name. */
    NOT_FOUND,
    /** Another source owns it, which the message names. */
    OWNED,
    /** The revision is not reached yet. */
    FUTURE,
    /** What it was at that revision is not known any more. */
    FORGOTTEN,
    /** More than can be written at one revision. */
    TOO_MUCH
  }

  private final Reason reason;

  PolicyRefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
