package dev.weft.controlplane.registry.store;

/** The store was closed by its owner. */
public final class StoreClosedException extends StoreException {
  private static final long serialVersionUID = 1L;

  /** Made by stores. */
  public StoreClosedException() {
    super("the store is closed", null);
  }
}
