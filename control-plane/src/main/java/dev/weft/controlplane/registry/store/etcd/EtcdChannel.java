package dev.weft.controlplane.registry.store.etcd;

import dev.weft.controlplane.registry.store.StoreException;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections to the endpoints. Calls go to any that answers; each has a deadline, and one that
 * waits for a connection is never sent after it. Reconnecting is jittered and at most seconds
 * apart, however long etcd was away. A call outlives the one that it was made for: it may carry
 * what others wait for. Thread-safe; all callbacks run on the given executor.
 */
final class EtcdChannel implements AutoCloseable {
  private static final Metadata.Key<String> HAS_LEADER =
      Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);
  private static final long PING_SECONDS = 10;
  private static final long PING_TIMEOUT_SECONDS = 5;
  private static final long LOOK_SECONDS = 10;

  static {
    NameResolverRegistry.getDefaultRegistry().register(new EndpointResolver.Provider());
  }

  private final EtcdOptions options;
  private final Executor virtualThreads;
  private final ManagedChannel channel;
  private final @Nullable TokenCredentials token;
  private final @Nullable TlsMaterial certificates;
  private volatile boolean closed;

  /**
   * Connects in the background.
   *
   * @throws StoreException if certificates or a key cannot be read or used
   */
  EtcdChannel(EtcdOptions options, Executor virtualThreads) {
    this.options = options;
    this.virtualThreads = virtualThreads;
    certificates = options.certificates() == null ? null : new TlsMaterial(options.certificates());
    Metadata headers = new Metadata();
    // A member that lost its cluster must refuse instead of keeping silent.
    headers.put(HAS_LEADER, "true");
    ManagedChannelBuilder<?> builder =
        builder(options, certificates)
            .executor(virtualThreads)
            .offloadExecutor(virtualThreads)
            .defaultLoadBalancingPolicy("round_robin")
            .keepAliveTime(PING_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(PING_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .maxInboundMessageSize(Integer.MAX_VALUE)
            .disableRetry()
            .intercept(MetadataUtils.newAttachHeadersInterceptor(headers), new OutsideOfCalls());
    channel = builder.build();
    if (options.user() != null && options.password() != null) {
      token = new TokenCredentials(options.user(), options.password(), options.timeout().toNanos());
      token.authenticateOver(channel);
    } else {
      token = null;
    }
    keepConnected(new Backoff());
    if (certificates != null) {
      renewLater(certificates);
    }
  }

  private void renewLater(TlsMaterial held) {
    CompletableFuture.delayedExecutor(LOOK_SECONDS, TimeUnit.SECONDS, virtualThreads)
        .execute(
            () -> {
              if (!closed) {
                held.refresh();
                renewLater(held);
              }
            });
  }

  private static ManagedChannelBuilder<?> builder(
      EtcdOptions options, @Nullable TlsMaterial certificates) {
    return Grpc.newChannelBuilder(
        EndpointResolver.target(options.endpoints()),
        certificates == null ? plain(options) : certificates.credentials());
  }

  private static ChannelCredentials plain(EtcdOptions options) {
    return options.tls() ? TlsChannelCredentials.create() : InsecureChannelCredentials.create();
  }

  /**
   * Makes a call with one answer. A connection that is not there is waited for.
   *
   * @return fails with gRPC's exceptions
   */
  <Q, A> CompletableFuture<A> call(MethodDescriptor<Q, A> method, Q request) {
    return call(method, request, true);
  }

  /**
   * As {@link #call(MethodDescriptor, Object)}, but fails at once, with the reason, where there is
   * no connection.
   */
  <Q, A> CompletableFuture<A> callNow(MethodDescriptor<Q, A> method, Q request) {
    return call(method, request, false);
  }

  private <Q, A> CompletableFuture<A> call(
      MethodDescriptor<Q, A> method, Q request, boolean patient) {
    return once(method, request, patient)
        .exceptionallyCompose(
            failure -> {
              Throwable cause = EtcdErrors.unwrap(failure);
              if (token != null && EtcdErrors.token(Status.fromThrowable(cause))) {
                token.forget();
                return once(method, request, patient);
              }
              return CompletableFuture.failedFuture(cause);
            });
  }

  private <Q, A> CompletableFuture<A> once(
      MethodDescriptor<Q, A> method, Q request, boolean patient) {
    CallOptions call =
        callOptions().withDeadlineAfter(options.timeout().toNanos(), TimeUnit.NANOSECONDS);
    Answer<A> answer = new Answer<>();
    ClientCalls.asyncUnaryCall(
        channel.newCall(method, patient ? call.withWaitForReady() : call), request, answer);
    return answer.future();
  }

  /**
   * Begins a call with many answers and no deadline; fails at once where there is no connection.
   */
  <Q, A> ClientCall<Q, A> stream(MethodDescriptor<Q, A> method) {
    return channel.newCall(method, callOptions());
  }

  /** Begins a call in two directions that ends by the deadline of a call. */
  <Q, A> ClientCall<Q, A> shortStream(MethodDescriptor<Q, A> method) {
    return channel.newCall(
        method,
        callOptions()
            .withWaitForReady()
            .withDeadlineAfter(options.timeout().toNanos(), TimeUnit.NANOSECONDS));
  }

  /** gRPC would end a call together with the call of ours that it was begun in. */
  private static final class OutsideOfCalls implements ClientInterceptor {
    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
        MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
      Context caller = Context.ROOT.attach();
      try {
        return next.newCall(method, options);
      } finally {
        Context.ROOT.detach(caller);
      }
    }
  }

  /** Until when the certificate that etcd is shown is in force; null: it is shown none. */
  @Nullable Instant certificateNotAfter() {
    return certificates == null ? null : certificates.notAfter();
  }

  /** Makes the next call authenticate anew. */
  void forgetToken() {
    if (token != null) {
      token.forget();
    }
  }

  private CallOptions callOptions() {
    return token == null ? CallOptions.DEFAULT : CallOptions.DEFAULT.withCallCredentials(token);
  }

  /**
   * gRPC itself lets up to two minutes pass between attempts. Nudged by this, it tries again within
   * seconds, and never more often than the back-off says.
   */
  private void keepConnected(Backoff backoff) {
    if (closed) {
      return;
    }
    ConnectivityState state = channel.getState(true);
    if (state == ConnectivityState.READY) {
      channel.notifyWhenStateChanged(state, () -> keepConnected(new Backoff()));
      return;
    }
    CompletableFuture.delayedExecutor(backoff.next(), TimeUnit.MILLISECONDS, virtualThreads)
        .execute(
            () -> {
              if (!closed && channel.getState(true) == ConnectivityState.TRANSIENT_FAILURE) {
                channel.resetConnectBackoff();
              }
              keepConnected(backoff);
            });
  }

  @Override
  public void close() {
    closed = true;
    channel.shutdownNow();
    try {
      channel.awaitTermination(PING_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
