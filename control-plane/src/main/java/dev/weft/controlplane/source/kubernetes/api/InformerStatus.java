package dev.weft.controlplane.source.kubernetes.api;

/**
 * How well a kind is known. Immutable.
 *
 * @param problem what keeps it from following, for a person; empty: nothing does
 * @param heardNanos when the API server was last heard, by {@link System#nanoTime}
 */
public record InformerStatus(State state, String problem, long heardNanos) {
  /** What is known of a kind's objects. */
  public enum State {
    /** Nothing yet. */
    UNKNOWN,
    /** All of them are known, or were when the API server was last reached. */
    SYNCED,
    /** The API server does not have this kind: its custom resource definition is not installed. */
    ABSENT,
    /** The API server does not let us read them. */
    FORBIDDEN
  }

  /** Whether what is known is complete: there are no other objects than those. */
  public boolean complete() {
    return state == State.SYNCED || state == State.ABSENT;
  }

  /** Whether the API server has said anything to it yet. */
  public boolean answered() {
    return state != State.UNKNOWN;
  }
}
