package dev.weft.controlplane.api;

import dev.weft.controlplane.discovery.DiscoveryEngine;
import dev.weft.proto.mesh.v1.AwaitSyncRequest;
import dev.weft.proto.mesh.v1.AwaitSyncResponse;
import dev.weft.proto.mesh.v1.GetNodeConfigRequest;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.MeshServiceGrpc.MeshServiceImplBase;
import dev.weft.proto.mesh.v1.NodeConfig;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Serves {@code weft.mesh.v1} from the sidecars that are connected to this replica. Holds nothing
 * and never blocks: the discovery engine answers.
 */
public final class MeshService extends MeshServiceImplBase {
  /** The longest that a call may wait. */
  private static final long MAX_WAIT_MILLIS = Duration.ofMinutes(10).toMillis();

  private final DiscoveryEngine engine;

  public MeshService(DiscoveryEngine engine) {
    this.engine = engine;
  }

  @Override
  public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> observer) {
    answer(engine.listNodes(), observer);
  }

  @Override
  public void getNodeConfig(GetNodeConfigRequest request, StreamObserver<NodeConfig> observer) {
    answer(
        engine
            .nodeConfig(request.getNodeId())
            .thenApply(
                config ->
                    config.orElseThrow(
                        () ->
                            Status.NOT_FOUND
                                .withDescription(
                                    "no sidecar with node id \""
                                        + request.getNodeId()
                                        + "\" is connected to this control plane; ListNodes names"
                                        + " those that are")
                                .asRuntimeException())),
        observer);
  }

  @Override
  public void awaitSync(AwaitSyncRequest request, StreamObserver<AwaitSyncResponse> observer) {
    long millis = request.getTimeoutMillis();
    if (millis < 0 || millis > MAX_WAIT_MILLIS) {
      observer.onError(
          Status.INVALID_ARGUMENT
              .withDescription("timeout_millis is " + millis + ", expected 0 to " + MAX_WAIT_MILLIS)
              .asRuntimeException());
      return;
    }
    answer(
        engine
            .await(request.getRevision(), Duration.ofMillis(millis))
            .thenApply(
                result ->
                    AwaitSyncResponse.newBuilder()
                        .setSynced(result.synced())
                        .addAllPendingNodes(result.pendingNodes())
                        .build()),
        observer);
  }

  private static <T> void answer(CompletableFuture<T> future, StreamObserver<T> observer) {
    future.whenComplete(
        (response, failure) -> {
          if (failure == null) {
            observer.onNext(response);
            observer.onCompleted();
          } else {
            observer.onError(failure.getCause() == null ? failure : failure.getCause());
          }
        });
  }
}
