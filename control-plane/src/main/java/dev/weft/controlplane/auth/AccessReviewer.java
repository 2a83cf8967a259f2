package dev.weft.controlplane.auth;

/** Says what a caller may. May block; safe from any thread. */
public interface AccessReviewer {
  /**
   * Asks.
   *
   * @throws ReviewUnavailableException when there is no answer
   */
  boolean allowed(Caller caller, Access access) throws ReviewUnavailableException;
}
