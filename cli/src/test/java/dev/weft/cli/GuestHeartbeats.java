package dev.weft.cli;

import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sessions of instances at every replica: one that is cut off from the store counts for nothing
 * with the reaper of another, and what is heard anywhere may not be removed. Heartbeats say nothing
 * of readiness. On a thread of its own; the methods are for any.
 */
final class GuestHeartbeats implements AutoCloseable {
  private static final String NAMESPACE = "default";

  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final Map<String, List<String>> incarnations = new ConcurrentHashMap<>();
  private final List<Stream> streams = new ArrayList<>();

  GuestHeartbeats(List<ManagedChannel> replicas, Duration ttl) {
    replicas.forEach(replica -> streams.add(new Stream(replica)));
    var _ = thread.scheduleWithFixedDelay(this::beat, 0, ttl.toMillis() / 3, TimeUnit.MILLISECONDS);
  }

  /**
   * An incarnation that may be the registered one. The first one and the newest are heard, too,
   * until it is known: a call that broke off long ago registers nobody any more.
   */
  void alsoHear(String id, String incarnation) {
    incarnations.merge(
        id,
        List.of(incarnation),
        (before, added) ->
            before.size() < 2
                ? List.of(before.getFirst(), incarnation)
                : List.of(before.getFirst(), before.getLast(), incarnation));
  }

  /** The registered incarnation. */
  void hearOnly(String id, String incarnation) {
    incarnations.put(id, List.of(incarnation));
  }

  /** It has left. */
  void end(String id) {
    incarnations.remove(id);
  }

  private void beat() {
    for (Stream stream : streams) {
      incarnations.forEach((id, each) -> each.forEach(one -> stream.send(id, one)));
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  /** The stream to one replica, opened anew when it has ended. */
  private static final class Stream implements StreamObserver<KeepAliveResponse> {
    private final ManagedChannel replica;
    private @Nullable StreamObserver<KeepAliveRequest> requests;
    private volatile boolean ended;

    Stream(ManagedChannel replica) {
      this.replica = replica;
    }

    void send(String id, String incarnation) {
      StreamObserver<KeepAliveRequest> open = requests;
      if (open == null || ended) {
        ended = false;
        open = RegistryServiceGrpc.newStub(replica).keepAlive(this);
        requests = open;
      }
      open.onNext(
          KeepAliveRequest.newBuilder()
              .setNamespace(NAMESPACE)
              .setId(id)
              .setIncarnation(incarnation)
              .build());
    }

    /** A guest registers again all the time, whatever it is told. */
    @Override
    public void onNext(KeepAliveResponse response) {}

    @Override
    public void onError(Throwable failure) {
      ended = true;
    }

    @Override
    public void onCompleted() {
      ended = true;
    }
  }
}
