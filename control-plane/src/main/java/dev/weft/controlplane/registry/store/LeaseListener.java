package dev.weft.controlplane.registry.store;

/** Told when a lease is lost. Called on a virtual thread of the store. */
@FunctionalInterface
public interface LeaseListener {
  /**
   * The store does not know the lease any more; its keys are gone. Told once, and not after a
   * revoke of our own.
   */
  void onLost(Lease lease);
}
