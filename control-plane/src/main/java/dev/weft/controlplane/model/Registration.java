package dev.weft.controlplane.model;

/**
 * Who brought an instance into the registry and changed it last, and when. Immutable.
 *
 * @param registeredAtMillis UTC milliseconds since 1970; 0: not known
 * @param registeredBy empty: not known
 * @param changedAtMillis the same of the last change of what it says itself
 * @param changedBy empty: not known
 */
public record Registration(
    long registeredAtMillis, String registeredBy, long changedAtMillis, String changedBy) {
  /** Nothing is known. */
  public static final Registration UNKNOWN = new Registration(0, "", 0, "");

  /** Registered just now. */
  public static Registration of(long nowMillis, String by) {
    return new Registration(nowMillis, by, nowMillis, by);
  }

  /** The same registration, changed since. */
  public Registration changed(long nowMillis, String by) {
    return new Registration(registeredAtMillis, registeredBy, nowMillis, by);
  }
}
