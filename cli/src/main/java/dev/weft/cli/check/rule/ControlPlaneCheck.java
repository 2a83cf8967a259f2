package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether the control plane runs, is led, and has its store. Pure.
 *
 * @param system its namespace
 * @param wanted how many replicas there should be
 * @param pods of the control plane
 * @param replicas what those that are asked say
 * @param stores etcd's members, where it is ours
 */
public record ControlPlaneCheck(
    String system,
    int wanted,
    List<Pod> pods,
    List<ReplicaReport> replicas,
    List<StatefulSet> stores)
    implements Check {
  private static final String CONTAINER = "control-plane";

  /** Copies the lists. */
  public ControlPlaneCheck {
    pods = List.copyOf(pods);
    replicas = List.copyOf(replicas);
    stores = List.copyOf(stores);
  }

  @Override
  public void run(Findings to) {
    replicasRun(to);
    sameVersion(to);
    boolean heard = replicas.stream().anyMatch(replica -> replica.problem().isEmpty());
    if (heard) {
      led(to);
      stored(to);
      followed(to);
    }
  }

  private void replicasRun(Findings to) {
    for (Pod pod : pods) {
      String name = pod.getMetadata().getName();
      ContainerStatus status = Pods.status(pod, CONTAINER);
      if (!Pods.ready(pod)) {
        String why = Pods.notRunning(status);
        to.error(
            CheckId.CONTROL_PLANE,
            Pods.shown(pod),
            "is not ready: " + (why.isEmpty() ? ready(name) : why),
            "kubectl describe pod -n "
                + system
                + " "
                + name
                + "; kubectl logs -n "
                + system
                + " "
                + name);
      } else if (Pods.wasOutOfMemory(status)) {
        to.warning(
            CheckId.CONTROL_PLANE,
            Pods.shown(pod),
            "was killed for its memory limit, and started again",
            "raise resources.limits.memory of deployment/weft-control-plane");
      }
    }
    for (ReplicaReport replica : replicas) {
      if (!replica.problem().isEmpty()) {
        to.warning(
            CheckId.CONTROL_PLANE,
            "pod " + system + "/" + replica.pod(),
            "does not answer on port 7701: " + replica.problem(),
            "kubectl logs -n " + system + " " + replica.pod());
      }
    }
    long ready = pods.stream().filter(Pods::ready).count();
    if (pods.size() < wanted) {
      to.error(
          CheckId.CONTROL_PLANE,
          "deployment " + system + "/weft-control-plane",
          "has " + pods.size() + " of " + wanted + " pods",
          "kubectl describe replicaset -n " + system + " says why there are no more");
    }
    if (wanted == 0) {
      to.error(
          CheckId.CONTROL_PLANE,
          "deployment " + system + "/weft-control-plane",
          "is scaled to no replica: new pods of the mesh are refused, and nothing changes",
          "kubectl scale -n " + system + " deployment/weft-control-plane --replicas=1");
    }
    to.okUnlessFound(CheckId.CONTROL_PLANE, ready + " of " + wanted + " replicas are ready");
  }

  private String ready(String pod) {
    for (ReplicaReport replica : replicas) {
      if (replica.pod().equals(pod) && !replica.ready().isEmpty()) {
        return replica.ready().getFirst();
      }
    }
    return "its container runs, and does not answer";
  }

  private void sameVersion(Findings to) {
    Set<String> images = new TreeSet<>();
    for (Pod pod : pods) {
      Container container = Pods.container(pod, CONTAINER);
      if (container != null) {
        images.add(container.getImage());
      }
    }
    if (images.size() > 1) {
      to.warning(
          CheckId.CONTROL_PLANE_VERSION,
          "",
          "replicas run different images: " + String.join(", ", images),
          "finish the upgrade: kubectl rollout status -n "
              + system
              + " deployment/weft-control-plane");
    } else if (!images.isEmpty()) {
      to.ok(CheckId.CONTROL_PLANE_VERSION, "every replica runs " + images.iterator().next());
    }
  }

  private void led(Findings to) {
    leader(to, "weft_kubernetes_leading", "writes to the store what Kubernetes has");
    leader(to, "weft_reaper_leading", "keeps the ConfigMaps weft-ca");
    to.okUnlessFound(CheckId.LEADER, "one replica leads");
  }

  private void leader(Findings to, String metric, String does) {
    List<String> leaders =
        replicas.stream().filter(each -> each.has(metric)).map(ReplicaReport::pod).toList();
    boolean allHeard = replicas.stream().allMatch(replica -> replica.problem().isEmpty());
    if (leaders.isEmpty() && allHeard) {
      to.error(
          CheckId.LEADER,
          "",
          "no replica " + does,
          "run the check again in ten seconds; if it is still so, what keeps them from it is in"
              + " kubectl logs -n "
              + system
              + " deployment/weft-control-plane");
    } else if (leaders.size() > 1) {
      to.warning(
          CheckId.LEADER,
          "",
          String.join(", ", leaders) + ": each says that it " + does,
          "run the check again in ten seconds: one of them is about to hand over");
    }
  }

  private void stored(Findings to) {
    for (ReplicaReport replica : replicas) {
      String subject = "pod " + system + "/" + replica.pod();
      if (replica.problem().isEmpty() && !replica.has("weft_registry_synced")) {
        String first = replica.ready().isEmpty() ? "" : replica.ready().getFirst();
        to.error(
            CheckId.STORE,
            subject,
            "does not follow its store: " + first,
            "look after etcd: kubectl get pods -n " + system + "; traffic goes on meanwhile");
      }
      for (String alarm : replica.said("alarm:")) {
        to.error(
            CheckId.STORE,
            subject,
            alarm,
            alarm.contains("weft registry restore")
                ? "find out who emptied it or set it back; weft registry restore --dry-run names"
                    + " what it lacks; traffic goes on meanwhile"
                : "find out why so many instances are silent at once; weft registry list names"
                    + " them");
      }
    }
    for (StatefulSet store : stores) {
      int members = store.getSpec().getReplicas() == null ? 1 : store.getSpec().getReplicas();
      Integer now = store.getStatus() == null ? null : store.getStatus().getReadyReplicas();
      int ready = now == null ? 0 : now;
      String subject = "statefulset " + Pods.key(store);
      String message = "has " + ready + " of " + members + " members ready";
      String remedy = "kubectl describe pods -n " + system + " says what the others wait for";
      if (ready <= members / 2) {
        to.error(CheckId.STORE, subject, message + ", too few to take changes", remedy);
      } else if (ready < members) {
        to.warning(CheckId.STORE, subject, message, remedy);
      }
    }
    to.okUnlessFound(CheckId.STORE, "every replica follows its store");
  }

  private void followed(Findings to) {
    for (ReplicaReport replica : replicas) {
      for (String line : replica.said("kubernetes:")) {
        if (!line.startsWith("all kinds known")) {
          to.warning(
              CheckId.SOURCE,
              "pod " + system + "/" + replica.pod(),
              "does not follow all of Kubernetes: " + line,
              "look whether the API server is well, and at control-plane-rights here");
        }
      }
    }
    to.okUnlessFound(CheckId.SOURCE, "every kind of Kubernetes is followed");
  }
}
