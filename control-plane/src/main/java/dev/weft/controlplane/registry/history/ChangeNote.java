package dev.weft.controlplane.registry.history;

/**
 * Who changes something, and why. Immutable.
 *
 * @param by a user as the cluster knows them, or where the call came from; empty: not known
 * @param reason as they said; empty: they said nothing
 */
public record ChangeNote(String by, String reason) {
  /** The most characters of a reason. */
  public static final int MAX_REASON = 1024;

  /** The same change, with another reason. */
  public ChangeNote because(String other) {
    return new ChangeNote(by, other.length() > MAX_REASON ? other.substring(0, MAX_REASON) : other);
  }
}
