package dev.weft.cli.check.rule;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.mesh.v1.Trouble;
import java.util.List;
import java.util.Set;

/**
 * Whether connected sidecars have in force what they were sent. Pure.
 *
 * @param nodes those that are connected
 * @param late the ids of those that did not acknowledge within the time that they were given
 * @param troubles who has reached a limit of the control plane lately
 */
public record NodesCheck(List<NodeStatus> nodes, Set<String> late, List<Trouble> troubles)
    implements Check {
  /** Copies lists and set. */
  public NodesCheck {
    nodes = List.copyOf(nodes);
    late = Set.copyOf(late);
    troubles = List.copyOf(troubles);
  }

  /** Namespace and id, as pods are named. */
  public static String key(NodeStatus node) {
    return node.getNode().getNamespace() + "/" + node.getNode().getId();
  }

  @Override
  public void run(Findings to) {
    for (NodeStatus node : nodes) {
      String subject = "sidecar " + key(node);
      boolean refuses = node.getState() == NodeStatus.SyncState.REJECTED;
      if (refuses && node.hasLastRejection()) {
        Rejection rejection = node.getLastRejection();
        to.error(
            CheckId.SIDECAR_REJECTED,
            subject,
            "refused "
                + rejection.getResource().getKind()
                + " "
                + rejection.getResource().getName()
                + " at "
                + rejection.getFieldPath()
                + ": "
                + rejection.getMessage()
                + "; it goes on with what it had",
            "if it is older than the control plane, restart its pod; else this is a bug: tell us, with"
                + " weft config "
                + node.getNode().getId());
      } else if (late.contains(node.getNode().getId())) {
        to.warning(
            CheckId.SIDECAR_SYNC,
            subject,
            "has not confirmed the newest configuration for seconds; it has revision "
                + node.getAcknowledgedRevision()
                + " in force",
            "look whether it has CPU: kubectl top pod; its log: weft logs "
                + node.getNode().getId()
                + " -n "
                + node.getNode().getNamespace());
      }
    }
    for (Trouble trouble : troubles) {
      to.warning(
          CheckId.CALLER_HARMS,
          "caller " + trouble.getPeer(),
          trouble.getMessage(),
          "others are not affected; what each limit is mostly about stands in"
              + " docs/guides/troubleshooting.md, \"A caller that harms\"");
    }
    if (!nodes.isEmpty()) {
      to.okUnlessFound(
          CheckId.CALLER_HARMS, "no caller of the control plane has reached a limit lately");
      to.okUnlessFound(CheckId.SIDECAR_REJECTED, "no sidecar has refused its configuration");
      to.okUnlessFound(
          CheckId.SIDECAR_SYNC,
          nodes.size() + " connected sidecars have the newest configuration in force");
    }
  }
}
