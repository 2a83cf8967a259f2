package dev.weft.controlplane.registry.store;

/** What a key may look like: the same in every store. Stateless. */
public final class Keys {
  /** The most characters of a key. */
  public static final int MAX_LENGTH = 1024;

  private Keys() {}

  /**
   * The key, if it is one.
   *
   * @throws IllegalArgumentException if it is empty, too long, or not printable ASCII without
   *     spaces
   */
  public static String requireKey(String key) {
    if (key.isEmpty()) {
      throw new IllegalArgumentException("a key of the store must not be empty");
    }
    return requirePrefix(key);
  }

  /** As {@link #requireKey}, but empty is allowed. */
  public static String requirePrefix(String prefix) {
    if (prefix.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "a key of the store has at most " + MAX_LENGTH + " characters, not " + prefix.length());
    }
    for (int i = 0; i < prefix.length(); i++) {
      char c = prefix.charAt(i);
      if (c <= ' ' || c > '~') {
        throw new IllegalArgumentException(
            "character "
                + i
                + " of key \""
                + prefix
                + "\" is not allowed: keys are printable ASCII without spaces");
      }
    }
    return prefix;
  }
}
