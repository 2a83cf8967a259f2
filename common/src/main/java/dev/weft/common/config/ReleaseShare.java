package dev.weft.common.config;

/**
 * Which instances have the new value of a key while it is released to a share of them. An instance
 * that has it at some percent has it at any higher one, after a restart and in every version; other
 * keys are released to other instances first. Pure.
 */
public final class ReleaseShare {
  private static final int SHARES = 10_000;

  private ReleaseShare() {}

  /** Whether the instance of that id is in that share, 0 to 100 percent. */
  public static boolean has(String key, String id, int percent) {
    long place = Long.remainderUnsigned(StableHash.of(key + "/" + id), SHARES);
    return place < percent * (SHARES / 100L);
  }
}
