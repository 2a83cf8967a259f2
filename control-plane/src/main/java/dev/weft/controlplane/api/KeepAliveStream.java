package dev.weft.controlplane.api;

import dev.weft.common.wire.Syntax;
import dev.weft.controlplane.limit.Allowance;
import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.limit.Peers;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.WorkloadReadiness;
import dev.weft.controlplane.registry.WorkloadCodec;
import dev.weft.controlplane.registry.liveness.Sessions;
import dev.weft.controlplane.registry.liveness.Sessions.Answer;
import dev.weft.controlplane.registry.liveness.Sessions.Heartbeat;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.Readiness;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One KeepAlive stream: the sessions of the instances that are heard through it. Takes the next
 * message when the answers so far could be sent. What is denied is looked up in the store first; up
 * to {@value #AT_ONCE} such answers may be awaited, so that none of them holds up the heartbeats of
 * other instances.
 */
final class KeepAliveStream implements StreamObserver<KeepAliveRequest>, Sessions.Channel {
  /**
   * Heartbeats that may come at once, with news of readiness and for instances that are new; and
   * that may wait for an answer.
   */
  private static final int AT_ONCE = 100;

  private static final int MAX_INCARNATION = 128;
  private static final int MAX_REASON = 4096;

  private final Sessions sessions;
  private final ServerCallStreamObserver<KeepAliveResponse> call;
  private final PeerLimits limits;
  private final LongSupplier nanoClock;
  private final String address = Peers.currentAddress();

  // Guarded by this.
  private final Allowance beats;
  private final Map<ObjectKey, String> incarnations = new HashMap<>();
  private int awaited;
  private boolean requestWhenAnswered;
  private boolean requestWhenReady;
  private boolean over;

  KeepAliveStream(
      Sessions sessions, RegistryGate gate, ServerCallStreamObserver<KeepAliveResponse> call) {
    this.sessions = sessions;
    this.limits = gate.limits();
    this.nanoClock = gate.nanoClock();
    this.beats = new Allowance(AT_ONCE, PeerLimit.HEARTBEATS.value(), nanoClock.getAsLong());
    this.call = call;
    call.disableAutoRequest();
    call.setOnReadyHandler(this::requestIfWaiting);
    call.setOnCancelHandler(this::end);
    call.request(1);
  }

  @Override
  public void onNext(KeepAliveRequest request) {
    String wrong = wrong(request);
    if (wrong != null) {
      limits.reached(PeerLimit.MALFORMED, address, address, wrong);
      close(Status.INVALID_ARGUMENT.withDescription(wrong));
      return;
    }
    ObjectKey instance = new ObjectKey(request.getNamespace(), request.getId());
    long wait;
    synchronized (this) {
      awaited++;
      wait = waitAfterOne();
    }
    CompletableFuture<Answer> answer =
        sessions.heard(
            this,
            new Heartbeat(
                request.getNamespace(),
                request.getId(),
                request.getIncarnation(),
                readiness(request.getReadiness()),
                request.getReadinessReason()));
    answer.whenComplete((result, failure) -> answered(request, result, failure));
    if (wait == 0) {
      request();
    } else {
      tooOften(instance);
      CompletableFuture.delayedExecutor(wait, TimeUnit.NANOSECONDS).execute(this::request);
    }
  }

  @Override
  public void onError(Throwable failure) {
    end();
  }

  @Override
  public void onCompleted() {
    end();
    synchronized (this) {
      call.onCompleted();
    }
  }

  @Override
  public void onClosed(String namespace, String id, String incarnation, boolean silent) {
    boolean last;
    synchronized (this) {
      last =
          incarnations.remove(new ObjectKey(namespace, id), incarnation) && incarnations.isEmpty();
    }
    if (silent && last) {
      close(
          Status.ABORTED.withDescription(
              "no heartbeat of "
                  + namespace
                  + "/"
                  + id
                  + " for a whole TTL; open another stream and go on"));
    }
  }

  private void answered(
      KeepAliveRequest request, @Nullable Answer answer, @Nullable Throwable failure) {
    if (answer == null) {
      close(
          ApiErrors.of(failure == null ? new IllegalStateException("no answer") : failure)
              .getStatus());
      return;
    }
    ObjectKey instance = new ObjectKey(request.getNamespace(), request.getId());
    boolean gone;
    synchronized (this) {
      gone = over;
      if (!over) {
        if (answer == Answer.ALIVE) {
          incarnations.put(instance, request.getIncarnation());
        } else {
          incarnations.remove(instance, request.getIncarnation());
        }
        call.onNext(
            KeepAliveResponse.newBuilder()
                .setNamespace(request.getNamespace())
                .setId(request.getId())
                .setStatus(status(answer))
                .build());
        awaited--;
        if (requestWhenAnswered) {
          requestWhenAnswered = false;
          request();
        }
      }
    }
    if (gone) {
      // The stream ended while the answer was on its way: the session that it opened goes, too.
      sessions.closed(this, Set.of(instance));
    }
  }

  /** Each instance that is heard through this stream has a rate of its own. */
  private long waitAfterOne() {
    long now = nanoClock.getAsLong();
    beats.spend(1.0 / Math.max(1, incarnations.size()), now);
    return beats.nanosUntilNext(now);
  }

  private void tooOften(ObjectKey instance) {
    limits.reached(
        PeerLimit.HEARTBEATS,
        instance.toString(),
        address,
        "sends more than "
            + PeerLimit.HEARTBEATS.text()
            + " heartbeats for each of its instances (limit heartbeats): they are read later; one"
            + " in a third of the TTL that Register answers is enough");
  }

  private synchronized void request() {
    if (!over) {
      if (awaited >= AT_ONCE) {
        requestWhenAnswered = true;
      } else if (call.isReady()) {
        call.request(1);
      } else {
        requestWhenReady = true;
      }
    }
  }

  private synchronized void requestIfWaiting() {
    if (requestWhenReady) {
      requestWhenReady = false;
      call.request(1);
    }
  }

  private void close(Status status) {
    synchronized (this) {
      if (over) {
        return;
      }
      call.onError(status.asRuntimeException());
    }
    end();
  }

  private void end() {
    Set<ObjectKey> mine;
    synchronized (this) {
      over = true;
      mine = Set.copyOf(incarnations.keySet());
      incarnations.clear();
    }
    sessions.closed(this, mine);
  }

  private static @Nullable String wrong(KeepAliveRequest request) {
    if (!Syntax.isDnsLabel(request.getNamespace())) {
      return "namespace is \"" + request.getNamespace() + "\", expected a DNS label";
    }
    if (!Syntax.isDnsLabel(request.getId())) {
      return "id is \"" + request.getId() + "\", expected a DNS label";
    }
    if (request.getIncarnation().isEmpty() || request.getIncarnation().length() > MAX_INCARNATION) {
      return "incarnation has "
          + request.getIncarnation().length()
          + " characters, expected the one that Register answered";
    }
    if (request.getReadinessReason().length() > MAX_REASON) {
      return "readiness_reason has "
          + request.getReadinessReason().length()
          + " characters, expected at most "
          + MAX_REASON;
    }
    if (request.getReadiness() == Readiness.UNRECOGNIZED) {
      return "readiness is "
          + request.getReadinessValue()
          + ", expected READY, NOT_READY, DRAINING";
    }
    return null;
  }

  private static @Nullable WorkloadReadiness readiness(Readiness readiness) {
    return readiness == Readiness.READINESS_UNSPECIFIED ? null : WorkloadCodec.readiness(readiness);
  }

  private static KeepAliveResponse.Status status(Answer answer) {
    return switch (answer) {
      case ALIVE -> KeepAliveResponse.Status.ALIVE;
      case SUPERSEDED -> KeepAliveResponse.Status.SUPERSEDED;
      case UNKNOWN -> KeepAliveResponse.Status.UNKNOWN;
      case UNDECIDED -> KeepAliveResponse.Status.STATUS_UNSPECIFIED;
    };
  }
}
