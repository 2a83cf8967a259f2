package dev.weft.controlplane.auth;

import dev.weft.controlplane.pki.RootStore;

/** What a control plane needs of the cluster that knows its callers. */
public interface ClusterAccess {
  /** Whose a token is. */
  TokenReviewer tokens();

  /** Who signs client certificates. */
  ClientAuthority clients();

  /** What callers may. */
  AccessReviewer accesses();

  /** Where the replicas keep the authority of their certificates. */
  RootStore roots();
}
