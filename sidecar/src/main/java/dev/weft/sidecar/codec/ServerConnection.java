package dev.weft.sidecar.codec;

/**
 * A caller's connection of any protocol, as {@link ServerConnections} looks after it. Worker thread
 * only.
 */
public interface ServerConnection {
  /** Ends what has been idle, or has not gone on, for too long. */
  void tick(long nanoTime);

  /** Closes it, unless it serves something. */
  void closeIfIdle();

  /**
   * The process takes leave, or this connection has grown old: a connection of many requests tells
   * its caller to send what follows elsewhere, and serves what is under way. Others end with their
   * next response.
   */
  default void drain() {}

  /** Closes it, whatever it serves. */
  default void closeNow() {
    closeIfIdle();
  }

  /** Its place in the list of open connections, which the list keeps here. */
  int place();

  void place(int to);
}
