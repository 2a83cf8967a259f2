package dev.weft.controlplane.api;

import dev.weft.controlplane.discovery.DiscoveryEngine;
import dev.weft.proto.mesh.v1.AwaitSyncRequest;
import dev.weft.proto.mesh.v1.AwaitSyncResponse;
import dev.weft.proto.mesh.v1.GetNodeConfigRequest;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.MeshServiceGrpc.MeshServiceImplBase;
import dev.weft.proto.mesh.v1.NodeConfig;
import dev.weft.proto.mesh.v1.Replica;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Serves {@code weft.mesh.v1} from the sidecars that are connected to this replica. Holds nothing
 * and never blocks: the discovery engine answers.
 */
public final class MeshService extends MeshServiceImplBase {
  /** The longest that a call may wait. */
  private static final long MAX_WAIT_MILLIS = Duration.ofMinutes(10).toMillis();

  private final DiscoveryEngine engine;
  private final Supplier<Map<String, Integer>> otherReplicas;

  /**
   * @param otherReplicas by their names, with how many sidecars each has
   */
  public MeshService(DiscoveryEngine engine, Supplier<Map<String, Integer>> otherReplicas) {
    this.engine = engine;
    this.otherReplicas = otherReplicas;
  }

  @Override
  public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> observer) {
    answer(engine.listNodes().thenApply(this::withOthers), observer);
  }

  private ListNodesResponse withOthers(ListNodesResponse here) {
    ListNodesResponse.Builder all = here.toBuilder();
    new TreeMap<>(otherReplicas.get())
        .forEach((id, nodes) -> all.addOthers(Replica.newBuilder().setId(id).setNodes(nodes)));
    return all.build();
  }

  @Override
  public void getNodeConfig(GetNodeConfigRequest request, StreamObserver<NodeConfig> observer) {
    String id = request.getNodeId();
    answer(engine.nodeConfigs(id).thenApply(found -> only(id, found)), observer);
  }

  private static NodeConfig only(String id, List<NodeConfig> found) {
    if (found.size() == 1) {
      return found.getFirst();
    }
    if (found.isEmpty()) {
      throw Status.NOT_FOUND
          .withDescription(
              "no sidecar with node id \""
                  + id
                  + "\" is connected to this control plane; ListNodes names those that are")
          .asRuntimeException();
    }
    throw Status.INVALID_ARGUMENT
        .withDescription(
            "several sidecars have the node id \""
                + id
                + "\": say which, as one of "
                + found.stream()
                    .map(each -> each.getNode().getNamespace() + "/" + each.getNode().getId())
                    .collect(Collectors.joining(", ")))
        .asRuntimeException();
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
