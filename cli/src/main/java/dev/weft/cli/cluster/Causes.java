package dev.weft.cli.cluster;

/** Why something failed, in the words of whoever failed first. Pure. */
public final class Causes {
  private Causes() {}

  /**
   * The message of the deepest cause, which says what has happened; those around it say only that
   * something has. One of a single word, such as a host's name, with what kind of failure it is.
   */
  public static String deepest(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String kind = root.getClass().getSimpleName();
    String message = root.getMessage();
    if (message == null || message.isBlank()) {
      return kind;
    }
    return message.strip().indexOf(' ') > 0 ? message : kind + ' ' + message;
  }
}
