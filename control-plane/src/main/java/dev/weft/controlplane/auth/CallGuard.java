package dev.weft.controlplane.auth;

import dev.weft.proto.discovery.v1.DiscoveryRequest;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every service of the control plane: finds out who calls, and lets nobody do what
 * they may not. Health and reflection are open; whatever has no rule is refused.
 *
 * <p>gRPC's threads are never held up: each decision that needs somebody else has a virtual thread,
 * and the call waits for it.
 */
public final class CallGuard implements ServerInterceptor {
  private static final System.Logger LOG = System.getLogger(CallGuard.class.getName());

  private static final Set<String> OPEN =
      Set.of(
          "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection");

  /** Reviews under way; the next one waits. */
  static final int MAX_REVIEWS = 64;

  static final int REVIEW_WAIT_SECONDS = 5;

  private final Authenticator authenticator;
  private final Authorizer authorizer;
  private final AuditLog audit;
  private final MeterRegistry meters;
  private final Counter expiredStreams;
  private final Semaphore reviews = new Semaphore(MAX_REVIEWS);

  /**
   * @param nanoClock a monotonic one
   */
  public CallGuard(
      ClusterAccess cluster, MeterRegistry meters, InstantSource clock, LongSupplier nanoClock) {
    this.authenticator = new Authenticator(cluster.tokens(), cluster.clients(), clock, nanoClock);
    this.authorizer = new Authorizer(cluster.accesses(), nanoClock);
    this.audit = new AuditLog(nanoClock);
    this.meters = meters;
    expiredStreams =
        Counter.builder("weft.auth.expired.streams")
            .description("Streams that were ended with the token or certificate they came with")
            .register(meters);
    bind("token", authenticator.verdicts());
    bind("access", authorizer.answers());
  }

  private void bind(String kind, ReviewCache<?, ?> cache) {
    FunctionCounter.builder("weft.auth.reviews", cache, ReviewCache::asked)
        .description("Times that the API server was asked who calls, or what they may")
        .tag("kind", kind)
        .register(meters);
    FunctionCounter.builder("weft.auth.stale.answers", cache, ReviewCache::usedStale)
        .description("Times that an older answer had to do, because the API server gave none")
        .tag("kind", kind)
        .register(meters);
    Gauge.builder("weft.auth.remembered", cache, ReviewCache::size)
        .description("Answers of the API server that are remembered")
        .tag("kind", kind)
        .register(meters);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String service =
        MethodDescriptor.extractFullServiceName(call.getMethodDescriptor().getFullMethodName());
    if (service != null && OPEN.contains(service)) {
      headers.removeAll(Credentials.AUTHORIZATION);
      return next.startCall(call, headers);
    }
    Credentials credentials = Credentials.take(headers, call.getAttributes());
    var guarded = new Guarded<>(call);
    Context context = Context.current();
    guarded.decide(
        () -> guarded.caller = authenticator.authenticate(credentials),
        () -> {
          guarded.listener.serve(
              Contexts.interceptCall(
                  CallerName.in(context, guarded.name()), guarded.call, headers, next));
          if (!call.getMethodDescriptor().getType().clientSendsOneMessage()
              || !call.getMethodDescriptor().getType().serverSendsOneMessage()) {
            guarded.endAfter(authenticator.life(credentials));
          }
        });
    return guarded.listener;
  }

  /** What may be refused. */
  private interface Decision {
    void take() throws RefusedException, ReviewUnavailableException;
  }

  /** One call. */
  private final class Guarded<Q, R> {
    final GuardedCall<Q, R> call;
    final GuardedListener<Q> listener = new GuardedListener<>(this::judge);
    volatile @Nullable Caller caller;

    Guarded(ServerCall<Q, R> call) {
      this.call = new GuardedCall<>(call);
    }

    String name() {
      Caller who = caller;
      return who == null ? "" : who.shown();
    }

    private void judge(Q message) {
      Caller who = caller;
      if (who == null) {
        throw new IllegalStateException("a message before its caller is known");
      }
      if (message instanceof DiscoveryRequest request) {
        try {
          SidecarRule.check(who, request);
          listener.pass(message);
        } catch (RefusedException e) {
          refuse(e.refusal());
        }
      } else {
        decide(
            () -> authorizer.require(who, ApiRules.needs(message)), () -> listener.pass(message));
      }
    }

    private void decide(Decision decision, Runnable then) {
      Thread.startVirtualThread(
          () -> {
            Refusal refusal = refusalOf(decision);
            if (refusal == null) {
              refusal = failureOf(then);
            }
            if (refusal != null) {
              refuse(refusal);
            }
          });
    }

    /**
     * A stream does not outlive what its caller was let in by: a stolen token is worth nothing
     * after its end, and whoever is still who they were comes again with the next one.
     */
    void endAfter(Duration life) {
      var end = new CompletableFuture<Boolean>();
      listener.whenOver(() -> end.complete(false));
      end.completeOnTimeout(true, Math.max(0, life.toNanos()), TimeUnit.NANOSECONDS)
          .thenAccept(
              expired -> {
                if (expired) {
                  expired();
                }
              });
    }

    private void expired() {
      var refusal =
          Refusal.unauthenticated(
              "what the caller was let in by has expired: come again with what has been renewed"
                  + " meanwhile (a sidecar reads its token file anew)");
      if (call.refuse(refusal)) {
        expiredStreams.increment();
      }
      listener.refused();
    }

    private void refuse(Refusal refusal) {
      if (call.refuse(refusal)) {
        Caller who = caller;
        audit.refused(call, who == null ? "somebody" : who.user(), refusal);
        count(refusal.status());
      }
      listener.refused();
    }
  }

  private @Nullable Refusal refusalOf(Decision decision) {
    boolean mine = false;
    try {
      mine = reviews.tryAcquire(REVIEW_WAIT_SECONDS, TimeUnit.SECONDS);
      if (!mine) {
        return Refusal.unavailable(
            "who calls could not be reviewed in time: "
                + MAX_REVIEWS
                + " reviews are under way; try again");
      }
      decision.take();
      return null;
    } catch (RefusedException e) {
      return e.refusal();
    } catch (ReviewUnavailableException e) {
      return Refusal.unavailable(
          "who calls, or what they may, cannot be told at present: "
              + e.getMessage()
              + "; try again");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Refusal.unavailable("the control plane is ending");
    } catch (RuntimeException e) {
      return unexpected(e);
    } finally {
      if (mine) {
        reviews.release();
      }
    }
  }

  private static @Nullable Refusal failureOf(Runnable action) {
    try {
      action.run();
      return null;
    } catch (RuntimeException e) {
      return unexpected(e);
    }
  }

  private static Refusal unexpected(RuntimeException failure) {
    LOG.log(System.Logger.Level.ERROR, "a call that was guarded failed", failure);
    return new Refusal(
        Status.Code.INTERNAL, "unexpected: " + failure + "; see the control plane's log");
  }

  private void count(Status.Code status) {
    Counter.builder("weft.auth.refused")
        .description("Calls that were refused")
        .tag("status", status.name())
        .register(meters)
        .increment();
  }
}
