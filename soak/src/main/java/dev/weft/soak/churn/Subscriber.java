package dev.weft.soak.churn;

import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryResponse;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.Node;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.discovery.v1.ResourceKind;
import dev.weft.proto.discovery.v1.ResourceName;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a sidecar is to a replica: subscribes to services by name, acknowledges whatever comes, and
 * tells of every endpoint that comes and goes. Thread-safe; tells on gRPC's threads.
 */
public final class Subscriber implements AutoCloseable {
  private final ManagedChannel channel;
  private final Watcher watcher;
  private final CompletableFuture<@Nullable Void> failed = new CompletableFuture<>();
  private final AtomicReference<@Nullable StreamObserver<DiscoveryRequest>> stream =
      new AtomicReference<>();

  // Guarded by this.
  private final Map<String, String> versions = new TreeMap<>();
  private final Map<String, Set<String>> slices = new HashMap<>();
  private final Set<String> missing;

  /** Is told of endpoints. */
  public interface Watcher {
    /** Of nothing. */
    Watcher NONE = (id, present, nanos) -> {};

    /**
     * @param id of the instance
     * @param present it is there now; else it is gone
     * @param nanos when, as {@link System#nanoTime} has it
     */
    void changed(String id, boolean present, long nanos);
  }

  /**
   * Subscribes at once.
   *
   * @param name of the node
   * @param from an address of the loopback
   * @param port of the replica
   */
  public Subscriber(
      String name, String from, int port, Collection<String> services, Watcher watcher) {
    this.watcher = watcher;
    missing = new HashSet<>(services);
    channel = Channels.open(from, port);
    var request =
        DiscoveryRequest.newBuilder()
            .setNode(
                Node.newBuilder().setId(name).setNamespace("default").setService("subscriber"));
    for (String service : services) {
      request.addSubscribe(
          ResourceName.newBuilder()
              .setKind(ResourceKind.VIRTUAL_HOST)
              .setName("default/" + service));
    }
    StreamObserver<DiscoveryRequest> opened =
        DiscoveryServiceGrpc.newStub(channel).streamResources(new Responses());
    stream.set(opened);
    opened.onNext(request.build());
  }

  private final class Responses implements StreamObserver<DiscoveryResponse> {
    @Override
    public void onNext(DiscoveryResponse response) {
      take(response, System.nanoTime());
      StreamObserver<DiscoveryRequest> to = stream.get();
      if (to != null) {
        to.onNext(DiscoveryRequest.newBuilder().setNonce(response.getNonce()).build());
      }
    }

    @Override
    public void onError(Throwable failure) {
      if (Status.fromThrowable(failure).getCode() != Status.Code.CANCELLED) {
        failed.completeExceptionally(failure);
      }
    }

    @Override
    public void onCompleted() {
      failed.completeExceptionally(new IllegalStateException("the replica ended the stream"));
    }
  }

  private synchronized void take(DiscoveryResponse response, long nanos) {
    for (Resource resource : response.getResourcesList()) {
      ResourceName name = resource.getName();
      versions.put(key(name), resource.getVersion());
      if (name.getKind() == ResourceKind.VIRTUAL_HOST && !resource.getVirtualHost().getNotFound()) {
        missing.remove(name.getName().substring("default/".length()));
      }
      if (name.getKind() == ResourceKind.ENDPOINT_SLICE) {
        Set<String> ids = new HashSet<>();
        for (Endpoint endpoint : resource.getEndpointSlice().getEndpointsList()) {
          ids.add(endpoint.getId());
        }
        tell(slices.put(name.getName(), ids), ids, nanos);
      }
    }
    for (ResourceName name : response.getRemovedList()) {
      versions.remove(key(name));
      if (name.getKind() == ResourceKind.ENDPOINT_SLICE) {
        tell(slices.remove(name.getName()), Set.of(), nanos);
      }
    }
  }

  private void tell(@Nullable Set<String> before, Set<String> after, long nanos) {
    Set<String> known = before == null ? Set.of() : before;
    for (String id : after) {
      if (!known.contains(id)) {
        watcher.changed(id, true, nanos);
      }
    }
    for (String id : known) {
      if (!after.contains(id)) {
        watcher.changed(id, false, nanos);
      }
    }
  }

  private static String key(ResourceName name) {
    return name.getKind() + " " + name.getName();
  }

  /** Whether it has something of every service. */
  public synchronized boolean complete() {
    return missing.isEmpty();
  }

  /** Version by resource: equal content has equal versions on every replica. */
  public synchronized Map<String, String> versions() {
    return Map.copyOf(versions);
  }

  /** Why its stream has ended; null: it has not. */
  public @Nullable Throwable failure() {
    return failed.isCompletedExceptionally() ? failed.exceptionNow() : null;
  }

  @Override
  public void close() {
    stream.set(null);
    channel.shutdownNow();
  }
}
