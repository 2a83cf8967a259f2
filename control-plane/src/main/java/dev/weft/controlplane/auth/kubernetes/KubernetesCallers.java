package dev.weft.controlplane.auth.kubernetes;

import dev.weft.controlplane.auth.AccessReviewer;
import dev.weft.controlplane.auth.ClientAuthority;
import dev.weft.controlplane.auth.ClusterAccess;
import dev.weft.controlplane.auth.TokenReviewer;
import dev.weft.controlplane.pki.RootStore;
import io.fabric8.kubernetes.client.KubernetesClient;

/** The callers of the cluster that a client talks to. Safe from any thread. */
public final class KubernetesCallers implements ClusterAccess {
  private final TokenReviews tokens;
  private final ClientCa clients;
  private final AccessReviews accesses;
  private final SecretRoots roots;

  /**
   * @param client stays its owner's to close
   * @param namespace the control plane's own
   */
  public KubernetesCallers(KubernetesClient client, String namespace) {
    tokens = new TokenReviews(client);
    clients = new ClientCa(client, System::nanoTime);
    accesses = new AccessReviews(client);
    roots = new SecretRoots(client, namespace);
  }

  @Override
  public TokenReviewer tokens() {
    return tokens;
  }

  @Override
  public ClientAuthority clients() {
    return clients;
  }

  @Override
  public AccessReviewer accesses() {
    return accesses;
  }

  @Override
  public RootStore roots() {
    return roots;
  }
}
