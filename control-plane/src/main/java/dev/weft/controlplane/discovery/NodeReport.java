package dev.weft.controlplane.discovery;

import dev.weft.controlplane.limit.Trouble;
import dev.weft.proto.discovery.v1.Rejection;
import dev.weft.proto.mesh.v1.NodeConfig;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.mesh.v1.NodeStatus.SyncState;
import java.util.List;

/** A stream as {@code weft.mesh.v1} shows it. Runs on the engine thread. */
final class NodeReport {
  private NodeReport() {}

  static NodeStatus status(NodeStream stream, long revision, List<Trouble> troubles) {
    StreamStats stats = stream.stats();
    var status =
        NodeStatus.newBuilder()
            .setNode(stream.node())
            .setState(
                stream.refusesSomething()
                    ? SyncState.REJECTED
                    : stream.idle() ? SyncState.SYNCED : SyncState.PENDING)
            .setConnectedAtMillis(stats.connectedAtMillis())
            .setAcknowledgedRevision(stream.acknowledgedRevision(revision))
            .setSubscriptions(stream.subscriptions())
            .setResources(stream.resources())
            .setResponsesSent(stats.responsesSent())
            .setResourcesSent(stats.resourcesSent())
            .setResourcesResumed(stats.resourcesResumed())
            .setLastRejectionAtMillis(stats.lastRejectionAtMillis())
            .setPeerAddress(stream.call().peer())
            .addAllTroubles(troubles(troubles))
            .setAppConfigVersion(appConfigVersion(stream));
    Rejection rejection = stats.lastRejection();
    if (rejection != null) {
      status.setLastRejection(rejection);
    }
    return status.build();
  }

  static List<dev.weft.proto.mesh.v1.Trouble> troubles(List<Trouble> troubles) {
    return troubles.stream()
        .map(
            trouble ->
                dev.weft.proto.mesh.v1.Trouble.newBuilder()
                    .setPeer(trouble.peer())
                    .setAddress(trouble.address())
                    .setLimit(trouble.limit().label())
                    .setMessage(trouble.message())
                    .setTimes(trouble.times())
                    .setFirstAtMillis(trouble.firstMillis())
                    .setLastAtMillis(trouble.lastMillis())
                    .build())
        .toList();
  }

  private static String appConfigVersion(NodeStream stream) {
    Holding holding = stream.holdings().get(SubscriptionCheck.appConfig(stream.node()));
    String version = holding == null ? null : holding.version;
    return version == null ? "" : version;
  }

  static NodeConfig config(NodeStream stream, long revision) {
    var config =
        NodeConfig.newBuilder()
            .setNode(stream.node())
            .setRevision(stream.acknowledgedRevision(revision));
    stream.inForce().forEach(content -> config.addResources(content.resource()));
    return config.build();
  }
}
