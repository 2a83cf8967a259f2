package dev.weft.cli.check.gather;

import dev.weft.cli.check.finding.CheckId;
import dev.weft.cli.check.finding.Findings;
import dev.weft.cli.cluster.ClusterException;
import dev.weft.cli.cluster.MeshCluster;
import dev.weft.proto.mesh.v1.AwaitSyncRequest;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.mesh.v1.MeshServiceGrpc.MeshServiceBlockingStub;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.mesh.v1.Trouble;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The sidecars that are connected to the replicas of a control plane.
 *
 * @param nodes of all replicas that were asked
 * @param late those that did not confirm the newest revision within some seconds
 * @param troubles who has reached a limit of one of them lately
 * @param complete whether every replica has answered
 */
record ConnectedNodes(
    List<NodeStatus> nodes, Set<String> late, List<Trouble> troubles, boolean complete) {
  private static final int TIMEOUT_SECONDS = 15;
  private static final long CONFIRM_MILLIS = 5_000;
  private static final int MAX_MESSAGE_BYTES = 256 << 20;

  ConnectedNodes {
    nodes = List.copyOf(nodes);
    late = Set.copyOf(late);
    troubles = List.copyOf(troubles);
  }

  /** Of one replica; blocks. */
  static ConnectedNodes of(ManagedChannel channel) {
    MeshServiceBlockingStub mesh = MeshServiceGrpc.newBlockingStub(channel);
    ListNodesResponse list =
        mesh.withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .listNodes(ListNodesRequest.getDefaultInstance());
    Set<String> late = new HashSet<>();
    boolean waits =
        list.getNodesList().stream()
            .anyMatch(node -> node.getState() == NodeStatus.SyncState.PENDING);
    if (waits) {
      late.addAll(
          mesh.withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
              .awaitSync(
                  AwaitSyncRequest.newBuilder()
                      .setRevision(list.getRevision())
                      .setTimeoutMillis(CONFIRM_MILLIS)
                      .build())
              .getPendingNodesList());
    }
    var troubles = new ArrayList<>(list.getTroublesList());
    list.getNodesList().forEach(node -> troubles.addAll(node.getTroublesList()));
    return new ConnectedNodes(list.getNodesList(), late, troubles, true);
  }

  /** Of every one of these replicas; blocks. */
  static ConnectedNodes of(
      MeshCluster cluster, List<String> pods, Permitted permitted, Findings to) {
    var nodes = new ArrayList<NodeStatus>();
    Set<String> late = new HashSet<>();
    var troubles = new ArrayList<Trouble>();
    boolean complete = !pods.isEmpty();
    for (String pod : pods) {
      try {
        ManagedChannel channel =
            cluster.controlPlane(pod).maxInboundMessageSize(MAX_MESSAGE_BYTES).build();
        try {
          ConnectedNodes one = of(channel);
          nodes.addAll(one.nodes());
          late.addAll(one.late());
          troubles.addAll(one.troubles());
        } finally {
          channel.shutdownNow();
        }
      } catch (StatusRuntimeException e) {
        complete = false;
        if (e.getStatus().getCode() == Status.Code.PERMISSION_DENIED) {
          permitted.forbidden(
              "list the connected sidecars", String.valueOf(e.getStatus().getDescription()));
        } else {
          silent(to, cluster.system(), pod, e.getStatus().toString());
        }
      } catch (ClusterException e) {
        complete = false;
        silent(to, cluster.system(), pod, String.valueOf(e.getMessage()));
      }
    }
    return new ConnectedNodes(nodes, late, troubles, complete);
  }

  private static void silent(Findings to, String system, String pod, String problem) {
    to.warning(
        CheckId.SIDECARS_ASKED,
        "pod " + system + "/" + pod,
        "does not say which sidecars are connected: " + problem,
        "look at control-plane and certificate here; kubectl logs -n " + system + " " + pod);
  }
}
