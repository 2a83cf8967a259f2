package dev.weft.controlplane.source.operator;

/** An operator's word cannot be carried out; the message says why, and what to do. */
public final class OverrideRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** There is no such instance, and nothing was said of it. */
    NOT_FOUND,
    /** A field is wrong. */
    INVALID,
    /** Somebody would be left without an answer, or there are too many overrides. */
    HARMFUL
  }

  private final Reason reason;

  OverrideRefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
