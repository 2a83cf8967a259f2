package dev.weft.controlplane.registry.store;

/**
 * It is another store now (restored from a backup, emptied, or another cluster), or the same one
 * set back to an earlier state. Nothing may be deleted because of it: range again, and synchronise
 * everything anew.
 */
public final class StoreReplacedException extends StoreException {
  private static final long serialVersionUID = 1L;

  private final String before;
  private final String now;

  /**
   * Made by stores.
   *
   * @param why what was seen, for people
   */
  public StoreReplacedException(String before, String now, String why) {
    super("the store was replaced: " + why + "; everything is to be read anew", null);
    this.before = before;
    this.now = now;
  }

  /** The identity until now. */
  public String before() {
    return before;
  }

  /** The identity from now on; the same as before if the store was set back. */
  public String now() {
    return now;
  }
}
