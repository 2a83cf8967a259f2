package dev.weft.controlplane.app;

import dev.weft.controlplane.source.kubernetes.KubernetesAccess;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Whether Kubernetes is a source of the registry. Immutable.
 *
 * @param kubeconfig where the API server is and who we are; null: the pod's service account
 * @param webhookPort of admission, which needs TLS; 0: none
 */
public record KubernetesOptions(Mode mode, @Nullable Path kubeconfig, int webhookPort) {
  /** Without Kubernetes. */
  public static final KubernetesOptions OFF = new KubernetesOptions(Mode.OFF, null, 0);

  /** Where the API server asks a control plane in a pod. */
  static final int DEFAULT_WEBHOOK_PORT = 7443;

  /** What was asked for. */
  public enum Mode {
    /** It has to be there. */
    ON,
    /** It is not looked at. */
    OFF,
    /** In a pod, or where a kubeconfig is given. */
    AUTO
  }

  /**
   * @throws IllegalArgumentException if a kubeconfig is given for nothing, or that is no port
   */
  public KubernetesOptions {
    if (mode == Mode.OFF && kubeconfig != null) {
      throw new IllegalArgumentException("--kubeconfig is not for --kubernetes off");
    }
    if (webhookPort < 0 || webhookPort > 65_535) {
      throw new IllegalArgumentException(
          "--webhook-port is " + webhookPort + ", expected 0 to 65535");
    }
  }

  /** The cluster of a kubeconfig. */
  public static KubernetesOptions of(Path kubeconfig) {
    return new KubernetesOptions(Mode.ON, kubeconfig, 0);
  }

  /** Whether there is a cluster to follow. */
  boolean enabled() {
    return switch (mode) {
      case ON -> true;
      case OFF -> false;
      case AUTO -> kubeconfig != null || KubernetesAccess.inPod();
    };
  }
}
