package dev.weft.controlplane.source.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** How the control plane gets to the API server. Stateless. */
public final class KubernetesAccess {
  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token");
  private static final int CONNECT_MILLIS = 5_000;

  private KubernetesAccess() {}

  /** Whether this process runs in a pod that has a service account. */
  public static boolean inPod() {
    return System.getenv("KUBERNETES_SERVICE_HOST") != null && Files.exists(SERVICE_ACCOUNT);
  }

  /** The namespace of this pod; outside of a cluster the one that Weft is installed in. */
  public static String ownNamespace() {
    String given = System.getenv("POD_NAMESPACE");
    if (given != null && !given.isBlank()) {
      return given;
    }
    try {
      return Files.readString(SERVICE_ACCOUNT.resolveSibling("namespace")).strip();
    } catch (IOException e) {
      return "weft-system";
    }
  }

  /**
   * A client, which connects at its first use. The caller closes it.
   *
   * @param kubeconfig where the API server is and who we are; null: the pod's service account
   * @throws IllegalArgumentException if that cannot be read, saying what to do
   */
  public static KubernetesClient open(@Nullable Path kubeconfig) {
    Config config;
    if (kubeconfig != null) {
      if (!Files.isReadable(kubeconfig)) {
        throw new IllegalArgumentException(
            "--kubeconfig " + kubeconfig + " cannot be read: give a file that kubectl would take");
      }
      config = Config.fromKubeconfig(kubeconfig.toFile());
    } else if (inPod()) {
      config = Config.autoConfigure(null);
    } else {
      throw new IllegalArgumentException(
          "--kubernetes on needs a cluster: run in a pod with a service account, or name a file with"
              + " --kubeconfig");
    }
    config.setUserAgent("weft-control-plane");
    config.setConnectionTimeout(CONNECT_MILLIS);
    // Whoever calls knows better when to try again.
    config.setRequestRetryBackoffLimit(0);
    return new KubernetesClientBuilder().withConfig(config).build();
  }
}
