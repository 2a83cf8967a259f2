package dev.weft.controlplane.app;

import dev.weft.controlplane.source.kubernetes.KubernetesAccess;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Whether Kubernetes is a source of the registry. Immutable.
 *
 * @param kubeconfig where the API server is and who we are; null: the pod's service account
 */
public record KubernetesOptions(Mode mode, @Nullable Path kubeconfig) {
  /** Without Kubernetes. */
  public static final KubernetesOptions OFF = new KubernetesOptions(Mode.OFF, null);

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
   * @throws IllegalArgumentException if a kubeconfig is given for nothing
   */
  public KubernetesOptions {
    if (mode == Mode.OFF && kubeconfig != null) {
      throw new IllegalArgumentException("--kubeconfig is not for --kubernetes off");
    }
  }

  /** The cluster of a kubeconfig. */
  public static KubernetesOptions of(Path kubeconfig) {
    return new KubernetesOptions(Mode.ON, kubeconfig);
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
