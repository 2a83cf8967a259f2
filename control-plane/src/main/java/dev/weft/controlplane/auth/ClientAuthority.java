package dev.weft.controlplane.auth;

/** Knows who signs the cluster's client certificates. May block; safe from any thread. */
public interface ClientAuthority {
  /**
   * The certificates of the authorities, PEM.
   *
   * @throws ReviewUnavailableException when they were never known
   */
  String certificates() throws ReviewUnavailableException;
}
