package dev.weft.cli.demo.mesh;

import dev.weft.cli.demo.process.DemoFailed;
import dev.weft.proto.mesh.v1.AwaitSyncRequest;
import dev.weft.proto.mesh.v1.AwaitSyncResponse;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.ListRequest;
import dev.weft.proto.policy.v1.ListResponse;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.RollbackRequest;
import dev.weft.proto.policy.v1.RollbackResponse;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.ListInstancesResponse;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.SetInstanceOverrideRequest;
import dev.weft.proto.registry.v1.SetOverrideResponse;
import dev.weft.proto.registry.v1.SetZoneMaintenanceRequest;
import dev.weft.proto.registry.v1.WatchEvent;
import dev.weft.proto.registry.v1.WatchRequest;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** The control plane's public API, as the demo needs it. Safe for use by several threads. */
public final class MeshApi implements AutoCloseable {
  private static final long DEADLINE_SECONDS = 20;

  /** A list of ten thousand instances is more than gRPC takes by itself. */
  private static final int ANSWER_BYTES = 64 << 20;

  private final ManagedChannel channel;

  public MeshApi(int port) {
    this(port, InsecureChannelCredentials.create());
  }

  private MeshApi(int port, ChannelCredentials credentials) {
    channel =
        Grpc.newChannelBuilderForAddress("127.0.0.1", port, credentials)
            .maxInboundMessageSize(ANSWER_BYTES)
            .build();
  }

  /**
   * By TLS.
   *
   * @param trusted PEM: who signed its certificate
   */
  static MeshApi secured(int port, Path trusted) {
    try {
      return new MeshApi(
          port, TlsChannelCredentials.newBuilder().trustManager(trusted.toFile()).build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether it answers now. */
  public boolean answers() {
    try {
      channel.resetConnectBackoff();
      MeshServiceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(1, TimeUnit.SECONDS)
          .listNodes(ListNodesRequest.getDefaultInstance());
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  public ApplyResponse apply(String name, String manifest) {
    return PolicyServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .apply(
            ApplyRequest.newBuilder()
                .addManifests(Manifest.newBuilder().setName(name).setContent(manifest))
                .build());
  }

  /**
   * Applies and waits until every sidecar concerned has it in force.
   *
   * @throws DemoFailed when it is refused, or is not in force in time
   */
  public long applyEverywhere(String name, String manifest) {
    ApplyResponse response = apply(name, manifest);
    if (response.getErrorsCount() > 0) {
      throw new DemoFailed(name + " was refused: " + response.getErrorsList());
    }
    inForce(name, response.getRevision());
    return response.getRevision();
  }

  /**
   * Makes one document of the namespace {@code default} what it was and waits until every sidecar
   * concerned has it in force.
   *
   * @throws DemoFailed when that is refused, or is not in force in time, or nothing had changed
   */
  public void rollBackEverywhere(String kind, String name, long toRevision) {
    RollbackResponse response =
        PolicyServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
            .rollback(
                RollbackRequest.newBuilder()
                    .setKind(kind)
                    .setNamespace("default")
                    .setName(name)
                    .setToRevision(toRevision)
                    .build());
    if (response.getResultsCount() != 1) {
      throw new DemoFailed(
          kind
              + " "
              + name
              + " was not rolled back to revision "
              + toRevision
              + ": errors "
              + response.getErrorsList()
              + ", left "
              + response.getLeftList());
    }
    inForce(kind + " " + name + ", rolled back,", response.getRevision());
  }

  private void inForce(String what, long revision) {
    AwaitSyncResponse sync = awaitSync(revision, Duration.ofSeconds(15));
    if (!sync.getSynced()) {
      throw new DemoFailed(what + " is not in force after 15 s at " + sync.getPendingNodesList());
    }
  }

  public AwaitSyncResponse awaitSync(long revision, Duration limit) {
    return MeshServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(limit.toMillis() + 5_000, TimeUnit.MILLISECONDS)
        .awaitSync(
            AwaitSyncRequest.newBuilder()
                .setRevision(revision)
                .setTimeoutMillis(limit.toMillis())
                .build());
  }

  public ListNodesResponse nodes() {
    return MeshServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .listNodes(ListNodesRequest.getDefaultInstance());
  }

  public ListInstancesResponse instances() {
    return RegistryServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .listInstances(ListInstancesRequest.getDefaultInstance());
  }

  public ListResponse policies() {
    return PolicyServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .list(ListRequest.getDefaultInstance());
  }

  /** The ids of the instances that are registered and ready. */
  public List<String> ready() {
    try {
      return instances().getInstancesList().stream()
          .filter(instance -> instance.getReadiness() == Readiness.READY)
          .map(Instance::getId)
          .sorted()
          .toList();
    } catch (StatusRuntimeException e) {
      return List.of();
    }
  }

  /** An operator's word about one instance. */
  public SetOverrideResponse override(SetInstanceOverrideRequest request) {
    return RegistryServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .setInstanceOverride(request);
  }

  /** An operator's word about a zone. */
  public SetOverrideResponse maintain(SetZoneMaintenanceRequest request) {
    return RegistryServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .setZoneMaintenance(request);
  }

  /** The ids of the instances that are removed from now on, as they are. */
  public ConcurrentLinkedQueue<String> watchRemovals(long fromRevision) {
    ConcurrentLinkedQueue<String> removed = new ConcurrentLinkedQueue<>();
    RegistryServiceGrpc.newStub(channel)
        .watch(
            WatchRequest.newBuilder().setFromRevision(fromRevision).build(),
            new StreamObserver<>() {
              @Override
              public void onNext(WatchEvent event) {
                if (event.getType() == WatchEvent.Type.REMOVED) {
                  removed.add(event.getInstance().getId());
                }
              }

              @Override
              public void onError(Throwable failure) {
                removed.add("the watch ended: " + failure.getMessage());
              }

              @Override
              public void onCompleted() {}
            });
    return removed;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
