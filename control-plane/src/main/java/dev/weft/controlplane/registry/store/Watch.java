package dev.weft.controlplane.registry.store;

/** A running watch. Close it to end it. Safe from any thread. */
public interface Watch extends AutoCloseable {
  /**
   * Ends the watch: no call of the listener begins after this returns; one that is running may
   * still end. Does not block. May be called twice, and from the listener.
   */
  @Override
  void close();
}
