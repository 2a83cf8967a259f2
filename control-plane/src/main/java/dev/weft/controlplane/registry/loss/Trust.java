package dev.weft.controlplane.registry.loss;

/** How much a store that was read anew is believed. */
public enum Trust {
  /** Its history is the one that was followed. */
  SAME("too much vanished from the store at once"),
  /** It is another store, or was emptied: what it holds is new, what it lacks says nothing. */
  REPLACED("the store was emptied or is another one"),
  /** It is the same one at an earlier state: what it holds may be old. */
  SET_BACK("the store was set back to an earlier state");

  private final String seen;

  Trust(String seen) {
    this.seen = seen;
  }

  /** What was seen, for a person. */
  String seen() {
    return seen;
  }
}
