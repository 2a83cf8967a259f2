package dev.weft.soak.churn;

import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.discovery.v1.Protocol;
import dev.weft.proto.registry.v1.DeregisterRequest;
import dev.weft.proto.registry.v1.DeregisterResponse;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegisterResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.RegistryServiceGrpc.RegistryServiceStub;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A host with many instances, of which there is nothing but their sessions: one connection from an
 * address of its own, one stream for all heartbeats. Thread-safe.
 */
public final class SimulatedHost implements AutoCloseable {
  private static final long DEADLINE_SECONDS = 30;
  private static final String NAMESPACE = "default";
  private static final int PORT = 80;

  private final ManagedChannel channel;
  private final Map<String, Session> sessions = new ConcurrentHashMap<>();
  private final AtomicLong lost = new AtomicLong();
  private final AtomicLong streamsLost = new AtomicLong();

  // Guarded by this.
  private @Nullable StreamObserver<KeepAliveRequest> stream;

  private record Session(String incarnation) {}

  /**
   * Connects when it is first used.
   *
   * @param address of the loopback, where its connection comes from
   * @param port of the replica that it calls
   */
  public SimulatedHost(String address, int port) {
    channel = Channels.open(address, port);
  }

  /** Registers an instance and opens its session; completes when the registration is durable. */
  public CompletableFuture<RegisterResponse> register(String service, String id, String address) {
    Instance instance =
        Instance.newBuilder()
            .setId(id)
            .setNamespace(NAMESPACE)
            .setService(service)
            .setAddress(address)
            .addPorts(
                InstancePort.newBuilder()
                    .setName("http")
                    .setServicePort(PORT)
                    .setPort(PORT)
                    .addProtocols(Protocol.HTTP1))
            .setPeer(PeerKind.APPLICATION)
            .setReadiness(Readiness.READY)
            .build();
    return SimulatedHost.<RegisterResponse>call(
            done ->
                stub().register(RegisterRequest.newBuilder().setInstance(instance).build(), done))
        .thenApply(
            response -> {
              Session session = new Session(response.getIncarnation());
              sessions.put(id, session);
              beat(id, session);
              return response;
            });
  }

  /** Ends an instance; completes when that is durable. */
  public CompletableFuture<DeregisterResponse> end(String id) {
    Session session = sessions.remove(id);
    if (session == null) {
      return CompletableFuture.failedFuture(
          new IllegalStateException(id + " is not registered by this host"));
    }
    return call(
        done ->
            stub()
                .deregister(
                    DeregisterRequest.newBuilder()
                        .setNamespace(NAMESPACE)
                        .setId(id)
                        .setIncarnation(session.incarnation())
                        .build(),
                    done));
  }

  private RegistryServiceStub stub() {
    return RegistryServiceGrpc.newStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  private static <T> CompletableFuture<T> call(Consumer<StreamObserver<T>> begin) {
    var answer = new CompletableFuture<T>();
    begin.accept(
        new StreamObserver<>() {
          @Override
          public void onNext(T message) {
            answer.complete(message);
          }

          @Override
          public void onError(Throwable failure) {
            answer.completeExceptionally(failure);
          }

          @Override
          public void onCompleted() {
            // The message has completed it; without one it would have been an error.
          }
        });
    return answer;
  }

  /** A heartbeat of every instance. */
  public void beat() {
    sessions.forEach(this::beat);
  }

  private synchronized void beat(String id, Session session) {
    StreamObserver<KeepAliveRequest> open = stream;
    if (open == null) {
      open = RegistryServiceGrpc.newStub(channel).keepAlive(new Answers());
      stream = open;
    }
    try {
      open.onNext(
          KeepAliveRequest.newBuilder()
              .setNamespace(NAMESPACE)
              .setId(id)
              .setIncarnation(session.incarnation())
              .setReadiness(Readiness.READY)
              .build());
    } catch (IllegalStateException e) {
      stream = null; // It has ended; the next heartbeat begins another.
    }
  }

  /** What became of the stream of heartbeats. */
  private final class Answers implements StreamObserver<KeepAliveResponse> {
    @Override
    public void onNext(KeepAliveResponse answer) {
      // A heartbeat may cross the end of its instance.
      if (answer.getStatus() != KeepAliveResponse.Status.ALIVE
          && sessions.containsKey(answer.getId())) {
        lost.incrementAndGet();
      }
    }

    @Override
    public void onError(Throwable failure) {
      if (Status.fromThrowable(failure).getCode() != Status.Code.CANCELLED) {
        streamsLost.incrementAndGet();
      }
      onCompleted();
    }

    @Override
    public void onCompleted() {
      synchronized (SimulatedHost.this) {
        stream = null;
      }
    }
  }

  /** Heartbeats whose instance was not registered any more, though nobody had ended it. */
  public long lost() {
    return lost.get();
  }

  /** How often the stream of heartbeats ended. */
  public long streamsLost() {
    return streamsLost.get();
  }

  /** How many instances it has. */
  public int instances() {
    return sessions.size();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
