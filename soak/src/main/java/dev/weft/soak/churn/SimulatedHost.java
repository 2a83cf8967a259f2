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
  private final AtomicLong registeredAgain = new AtomicLong();
  private final AtomicLong undecided = new AtomicLong();
  private final AtomicLong streamsLost = new AtomicLong();

  // Guarded by this.
  private @Nullable StreamObserver<KeepAliveRequest> stream;

  /** One instance: registered, and heard since. */
  private static final class Session {
    // With the incarnation that it was given, which it keeps for its life, as a sidecar does.
    final Instance instance;

    // Guarded by this.
    private boolean known;
    private boolean due;
    private boolean ended;
    private CompletableFuture<?> registering = CompletableFuture.completedFuture(null);

    Session(Instance instance) {
      this.instance = instance;
    }
  }

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
              var session =
                  new Session(
                      instance.toBuilder().setIncarnation(response.getIncarnation()).build());
              sessions.put(id, session);
              beat(session);
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
    CompletableFuture<?> before;
    synchronized (session) {
      session.ended = true;
      before = session.registering;
    }
    // A registration that is under way would bring it back.
    return before
        .handle((registered, failure) -> session.instance)
        .thenCompose(
            instance ->
                call(
                    done ->
                        stub()
                            .deregister(
                                DeregisterRequest.newBuilder()
                                    .setNamespace(NAMESPACE)
                                    .setId(id)
                                    .setIncarnation(instance.getIncarnation())
                                    .build(),
                                done)));
  }

  /**
   * The registry does not know it: as a sidecar it registers again, at once if it was known before,
   * else after a pause, which is until its next heartbeat.
   */
  private void unknown(Session session) {
    boolean now;
    synchronized (session) {
      now = session.known;
      session.known = false;
      session.due = !now;
    }
    if (now) {
      registerAgain(session);
    }
  }

  private void registerAgain(Session session) {
    synchronized (session) {
      if (session.ended || !session.registering.isDone()) {
        return;
      }
      session.due = false;
      session.registering =
          SimulatedHost.<RegisterResponse>call(
                  done ->
                      stub()
                          .register(
                              RegisterRequest.newBuilder().setInstance(session.instance).build(),
                              done))
              .whenComplete((response, failure) -> registeredAgain(session, failure));
    }
  }

  private void registeredAgain(Session session, @Nullable Throwable failure) {
    if (failure == null) {
      registeredAgain.incrementAndGet();
      beat(session);
    } else {
      synchronized (session) {
        session.due = true;
      }
    }
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

  /** A heartbeat of every instance; those that are to register again do so instead. */
  public void beat() {
    for (Session session : sessions.values()) {
      boolean due;
      synchronized (session) {
        due = session.due;
      }
      if (due) {
        registerAgain(session);
      } else {
        beat(session);
      }
    }
  }

  private synchronized void beat(Session session) {
    StreamObserver<KeepAliveRequest> open = stream;
    if (open == null) {
      open = RegistryServiceGrpc.newStub(channel).keepAlive(new Answers());
      stream = open;
    }
    try {
      open.onNext(
          KeepAliveRequest.newBuilder()
              .setNamespace(NAMESPACE)
              .setId(session.instance.getId())
              .setIncarnation(session.instance.getIncarnation())
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
      Session session = sessions.get(answer.getId());
      if (session == null) {
        return; // A heartbeat may cross the end of its instance.
      }
      switch (answer.getStatus()) {
        case ALIVE -> {
          synchronized (session) {
            session.known = true;
          }
        }
        case UNKNOWN -> {
          lost.incrementAndGet();
          unknown(session);
        }
        case SUPERSEDED -> lost.incrementAndGet();
        case STATUS_UNSPECIFIED, UNRECOGNIZED -> undecided.incrementAndGet();
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

  /** How often an instance has registered again because it was told that it is not known. */
  public long registeredAgain() {
    return registeredAgain.get();
  }

  /** Heartbeats that a replica could not decide, because it was behind the store. */
  public long undecided() {
    return undecided.get();
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
