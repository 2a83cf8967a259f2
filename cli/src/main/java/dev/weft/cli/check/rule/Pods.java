package dev.weft.cli.check.rule;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the rules ask of a pod. Pure. */
public final class Pods {
  /** The label of a namespace, and of a pod. */
  static final String INJECT = "weft.dev/inject";

  /** The container that is ours. */
  static final String SIDECAR = "weft-sidecar";

  private Pods() {}

  /** As findings name it. */
  static String shown(HasMetadata pod) {
    return "pod " + key(pod);
  }

  /** Namespace and name. */
  public static String key(HasMetadata object) {
    return object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
  }

  /** Whether it is there to stay: neither over nor on its way out. */
  public static boolean lives(Pod pod) {
    String phase = pod.getStatus() == null ? "" : String.valueOf(pod.getStatus().getPhase());
    return pod.getMetadata().getDeletionTimestamp() == null
        && !phase.equals("Succeeded")
        && !phase.equals("Failed");
  }

  /** Whether its sidecar runs, so that it can be asked. */
  public static boolean started(Pod pod) {
    return notRunning(status(pod, SIDECAR)).isEmpty();
  }

  /** Whether it gets traffic. */
  public static boolean ready(Pod pod) {
    return pod.getStatus() != null && Readiness.getInstance().isReady(pod);
  }

  /** Every container, those that run before the others first. */
  static List<Container> containers(Pod pod) {
    var all = new ArrayList<Container>(pod.getSpec().getInitContainers());
    all.addAll(pod.getSpec().getContainers());
    return all;
  }

  /** The container of that name; null: there is none. */
  static @Nullable Container container(Pod pod, String name) {
    for (Container container : containers(pod)) {
      if (container.getName().equals(name)) {
        return container;
      }
    }
    return null;
  }

  /** Whether it has a sidecar of ours. */
  public static boolean hasSidecar(Pod pod) {
    return container(pod, SIDECAR) != null;
  }

  /** How a container is; null: nobody has said yet. */
  static @Nullable ContainerStatus status(Pod pod, String container) {
    if (pod.getStatus() == null) {
      return null;
    }
    var all = new ArrayList<ContainerStatus>(pod.getStatus().getInitContainerStatuses());
    all.addAll(pod.getStatus().getContainerStatuses());
    for (ContainerStatus status : all) {
      if (status.getName().equals(container)) {
        return status;
      }
    }
    return null;
  }

  /** Why a container does not run; empty when it does. */
  static String notRunning(@Nullable ContainerStatus status) {
    ContainerState state = status == null ? null : status.getState();
    if (state == null) {
      return "it was not started yet";
    }
    if (state.getRunning() != null) {
      return "";
    }
    if (state.getWaiting() != null) {
      return because(state.getWaiting().getReason(), state.getWaiting().getMessage());
    }
    return state.getTerminated() == null
        ? "it was not started yet"
        : "it ended with exit code "
            + state.getTerminated().getExitCode()
            + " "
            + because(state.getTerminated().getReason(), state.getTerminated().getMessage());
  }

  /** Whether the kernel killed a container's last process for its memory limit. */
  static boolean wasOutOfMemory(@Nullable ContainerStatus status) {
    ContainerState last = status == null ? null : status.getLastState();
    return last != null
        && last.getTerminated() != null
        && "OOMKilled".equals(last.getTerminated().getReason());
  }

  /** The value of an annotation; empty: there is none. */
  static String annotation(HasMetadata object, String name) {
    return texts(object.getMetadata().getAnnotations()).getOrDefault(name, "");
  }

  /** The value of a label; empty: there is none. */
  static String label(HasMetadata object, String name) {
    return texts(object.getMetadata().getLabels()).getOrDefault(name, "");
  }

  /** The mapping, an empty one for null. */
  static Map<String, String> texts(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }

  private static String because(@Nullable String reason, @Nullable String message) {
    String text = reason == null ? "" : reason;
    return message == null || message.isBlank() ? text : text + ": " + message.strip();
  }
}
