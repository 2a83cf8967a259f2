package dev.weft.controlplane.registry.store;

/** The lease is gone, and so are its keys. Grant another one. */
public final class LeaseExpiredException extends StoreException {
  private static final long serialVersionUID = 1L;

  private final long leaseId;

  /** Made by stores. */
  public LeaseExpiredException(long leaseId) {
    super(
        "lease " + Long.toHexString(leaseId) + " has expired or was revoked; grant another one",
        null);
    this.leaseId = leaseId;
  }

  /** The lease that is gone. */
  public long leaseId() {
    return leaseId;
  }
}
