package dev.weft.sidecar.registration;

import dev.weft.common.Backoff;
import dev.weft.proto.registry.v1.DeregisterRequest;
import dev.weft.proto.registry.v1.DeregisterResponse;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegisterResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Logs;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Registers the instance with whichever control plane is connected, and keeps it alive there. The
 * incarnation stays the same for the life of the process, so that registering again, which every
 * new connection begins with, changes nothing. Control loop only.
 */
public final class Registrar {
  private static final System.Logger LOG = Logs.of(Registrar.class);
  private static final long CALL_SECONDS = Bound.REGISTER_TIME.millis() / 1000;

  private final Instance instance;
  private final EventLoop loop;
  private final Backoff backoff;
  private final Consumer<Bound> reached;
  private Readiness readiness = Readiness.NOT_READY;
  private String reason = "starting";
  private @Nullable Channel channel;
  // Changes with every connection: what belongs to an earlier one is recognised by it.
  private int epoch;
  private @Nullable Session session;
  private @Nullable Future<?> retry;
  private State state = State.UNREGISTERED;
  private String problem = "no control plane was reached yet";

  /** Where the registration stands. */
  public enum State {
    UNREGISTERED,
    REGISTERED,
    /** Another process has taken the name: this one keeps quiet. */
    SUPERSEDED,
    /** It has said good-bye. */
    LEFT
  }

  /**
   * @param instance what to register, with an incarnation of this process's own
   * @param reached counts a bound that was reached
   */
  public Registrar(
      Instance instance, EventLoop loop, RandomGenerator random, Consumer<Bound> reached) {
    this.reached = reached;
    this.instance = instance;
    this.loop = loop;
    this.backoff = new Backoff(200_000_000L, Backoff.RECONNECT_MAX_NANOS, random);
  }

  public State state() {
    return state;
  }

  /** Why it is not registered; empty when it is. */
  public String problem() {
    return problem;
  }

  /** A control plane can be talked to. */
  public void connected(Channel channel) {
    this.channel = channel;
    epoch++;
    register();
  }

  /** It cannot any more. */
  public void disconnected() {
    channel = null;
    epoch++;
    endSession();
    if (state == State.REGISTERED) {
      unregistered("no control plane is connected");
    }
  }

  /** Says, now and from now on, whether traffic may come. */
  public void readiness(Readiness now, String why) {
    if (now == readiness && why.equals(reason)) {
      return;
    }
    readiness = now;
    reason = why;
    if (session != null) {
      session.beat();
    }
  }

  /**
   * Takes the instance out of the registry and keeps it out.
   *
   * @param awaitMillis how long the control plane may wait for the subscribers
   * @param done told once how it went, for people
   */
  public void leave(long awaitMillis, Consumer<String> done) {
    boolean was = state != State.LEFT && state != State.SUPERSEDED;
    Channel current = channel;
    if (was) {
      state = State.LEFT;
      problem = "it has left";
    }
    if (!was || current == null) {
      endSession();
      done.accept(was ? "no control plane is connected, nothing was told" : "nothing to tell");
      return;
    }
    RegistryServiceGrpc.newStub(current)
        .withDeadlineAfter(awaitMillis + 2000, TimeUnit.MILLISECONDS)
        .deregister(
            DeregisterRequest.newBuilder()
                .setNamespace(instance.getNamespace())
                .setId(instance.getId())
                .setIncarnation(instance.getIncarnation())
                .setAwaitSubscribersMillis(awaitMillis)
                .build(),
            new StreamObserver<DeregisterResponse>() {
              private String outcome = "the control plane did not answer";

              @Override
              public void onNext(DeregisterResponse response) {
                outcome =
                    !response.getRemoved()
                        ? "it was not registered any more"
                        : response.getSubscribersAcknowledged()
                            ? "every subscriber knows"
                            : "not every subscriber has answered in time";
              }

              @Override
              public void onError(Throwable failure) {
                late(failure, Bound.LEAVE_TIME);
                outcome = explain(failure);
                onCompleted();
              }

              @Override
              public void onCompleted() {
                loop.execute(
                    () -> {
                      endSession();
                      done.accept(outcome);
                    });
              }
            });
  }

  private void register() {
    Channel current = channel;
    if (current == null || state == State.LEFT || state == State.SUPERSEDED) {
      return;
    }
    if (retry != null) {
      retry.cancel(false);
      retry = null;
    }
    int during = epoch;
    RegistryServiceGrpc.newStub(current)
        .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
        .register(
            RegisterRequest.newBuilder()
                .setInstance(
                    instance.toBuilder().setReadiness(readiness).setReadinessReason(reason))
                .build(),
            new StreamObserver<RegisterResponse>() {
              @Override
              public void onNext(RegisterResponse response) {
                loop.execute(() -> registered(during, current, response));
              }

              @Override
              public void onError(Throwable failure) {
                late(failure, Bound.REGISTER_TIME);
                loop.execute(() -> failed(during, explain(failure)));
              }

              @Override
              public void onCompleted() {}
            });
  }

  private void registered(int during, Channel on, RegisterResponse response) {
    if (during != epoch || state == State.LEFT) {
      return;
    }
    endSession();
    state = State.REGISTERED;
    problem = "";
    LOG.log(
        System.Logger.Level.INFO,
        "registered as {0}/{1} of {2}, incarnation {3}, {4}",
        instance.getNamespace(),
        instance.getId(),
        instance.getService(),
        response.getIncarnation(),
        readiness);
    var opened = new Session(on, response.getIncarnation(), response.getTtlMillis());
    session = opened;
    opened.open();
  }

  private void failed(int during, String why) {
    if (during != epoch || state == State.LEFT || state == State.SUPERSEDED) {
      return;
    }
    endSession();
    unregistered(why);
    if (retry == null) {
      retry =
          loop.schedule(
              () -> {
                retry = null;
                register();
              },
              backoff.nextNanos(),
              TimeUnit.NANOSECONDS);
    }
  }

  private void unregistered(String why) {
    if (!why.equals(problem)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}/{1} is not registered: {2}",
          instance.getNamespace(),
          instance.getId(),
          why);
    }
    state = State.UNREGISTERED;
    problem = why;
  }

  private void endSession() {
    Session open = session;
    session = null;
    if (open != null) {
      open.end();
    }
  }

  private void late(Throwable failure, Bound bound) {
    if (Status.fromThrowable(failure).getCode() == Status.Code.DEADLINE_EXCEEDED) {
      reached.accept(bound);
    }
  }

  private static String explain(Throwable failure) {
    Status status = Status.fromThrowable(failure);
    return status.getDescription() == null
        ? status.getCode().name()
        : status.getCode().name() + " " + status.getDescription();
  }

  /** One stream of heartbeats. */
  private final class Session implements StreamObserver<KeepAliveResponse> {
    private final Channel on;
    private final String incarnation;
    private final long intervalMillis;
    private @Nullable StreamObserver<KeepAliveRequest> out;
    private @Nullable Future<?> timer;
    private boolean known;

    Session(Channel on, String incarnation, long ttlMillis) {
      this.on = on;
      this.incarnation = incarnation;
      this.intervalMillis = Math.max(50, ttlMillis / 3);
    }

    void open() {
      out = RegistryServiceGrpc.newStub(on).keepAlive(this);
      beat();
      timer =
          loop.scheduleAtFixedRate(
              this::beat, intervalMillis, intervalMillis, TimeUnit.MILLISECONDS);
    }

    void beat() {
      StreamObserver<KeepAliveRequest> to = out;
      if (to != null) {
        to.onNext(
            KeepAliveRequest.newBuilder()
                .setNamespace(instance.getNamespace())
                .setId(instance.getId())
                .setIncarnation(incarnation)
                .setReadiness(readiness)
                .setReadinessReason(reason)
                .build());
      }
    }

    void end() {
      if (timer != null) {
        timer.cancel(false);
      }
      StreamObserver<KeepAliveRequest> to = out;
      out = null;
      if (to != null) {
        to.onCompleted();
      }
    }

    @Override
    public void onNext(KeepAliveResponse response) {
      loop.execute(() -> answered(response.getStatus()));
    }

    private void answered(KeepAliveResponse.Status status) {
      if (session != this || state == State.LEFT) {
        return;
      }
      switch (status) {
        case ALIVE -> {
          known = true;
          backoff.reset();
        }
        case SUPERSEDED -> {
          state = State.SUPERSEDED;
          problem = "another process has registered under this name";
          endSession();
          LOG.log(
              System.Logger.Level.ERROR,
              "another process has registered as {0}/{1}: this one does not register again. Give"
                  + " every instance its own --node-id",
              instance.getNamespace(),
              instance.getId());
        }
        case UNKNOWN -> {
          // At once, but only if it was known before: else the two would go round in circles.
          if (known) {
            endSession();
            unregistered("the registry does not know it any more, registering again");
            register();
          } else {
            failed(epoch, "the registry does not know what it has just registered");
          }
        }
        case STATUS_UNSPECIFIED, UNRECOGNIZED -> {
          // The control plane is behind its store and cannot tell: the next heartbeat asks again.
        }
      }
    }

    @Override
    public void onError(Throwable failure) {
      String why = explain(failure);
      loop.execute(() -> lost("the session has ended: " + why));
    }

    @Override
    public void onCompleted() {
      loop.execute(() -> lost("the session was closed by the control plane"));
    }

    private void lost(String why) {
      if (session == this) {
        out = null;
        failed(epoch, why);
      }
    }
  }
}
