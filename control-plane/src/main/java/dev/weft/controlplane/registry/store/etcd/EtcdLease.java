package dev.weft.controlplane.registry.store.etcd;

import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.LeaseExpiredException;
import dev.weft.controlplane.registry.store.LeaseListener;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A lease in etcd. Thread-safe; a lease that is kept alive has a virtual thread. */
final class EtcdLease implements Lease {
  private static final int RENEWALS_PER_TTL = 3;

  private final EtcdStore store;
  private final EtcdChannel channel;
  private final EtcdOptions options;
  private final long id;
  private final Duration ttl;
  private final LeaseListener listener;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final AtomicBoolean kept = new AtomicBoolean();

  EtcdLease(
      EtcdStore store,
      EtcdChannel channel,
      EtcdOptions options,
      long id,
      Duration ttl,
      LeaseListener listener) {
    this.store = store;
    this.channel = channel;
    this.options = options;
    this.id = id;
    this.ttl = ttl;
    this.listener = listener;
  }

  @Override
  public long id() {
    return id;
  }

  @Override
  public Duration ttl() {
    return ttl;
  }

  boolean of(EtcdStore other) {
    return store == other;
  }

  @Override
  public CompletableFuture<Void> keepAlive() {
    Answer<LeaseKeepAliveResponse> answer = new Answer<>();
    StreamObserver<LeaseKeepAliveRequest> call =
        ClientCalls.asyncBidiStreamingCall(
            channel.shortStream(LeaseGrpc.getLeaseKeepAliveMethod()), answer);
    call.onNext(LeaseKeepAliveRequest.newBuilder().setID(id).build());
    call.onCompleted();
    return store
        .answered(answer.future(), id, false)
        .thenApply(
            renewed -> {
              if (renewed.getTTL() <= 0) {
                lost();
                throw new LeaseExpiredException(id);
              }
              return null;
            });
  }

  @Override
  public void keepAliveUntilClosed() {
    if (kept.compareAndSet(false, true)) {
      store.execute(this::keep);
    }
  }

  private void keep() {
    long period = ttl.toNanos() / RENEWALS_PER_TTL;
    Backoff backoff = new Backoff();
    while (!ended.get() && !store.isClosed()) {
      long wait;
      try {
        keepAlive().join();
        backoff.reset();
        wait = period;
      } catch (CompletionException e) {
        if (EtcdErrors.unwrap(e) instanceof LeaseExpiredException) {
          return;
        }
        wait = Math.min(period, TimeUnit.MILLISECONDS.toNanos(backoff.next()));
      }
      store.pause(wait);
    }
  }

  @Override
  public CompletableFuture<Void> revoke() {
    ended.set(true);
    return store
        .answered(
            channel.call(
                LeaseGrpc.getLeaseRevokeMethod(),
                LeaseRevokeRequest.newBuilder().setID(id).build()),
            id,
            true)
        .handle(
            (answer, failure) -> {
              if (failure == null || EtcdErrors.unwrap(failure) instanceof LeaseExpiredException) {
                return null;
              }
              throw EtcdErrors.translate(failure, options, true);
            });
  }

  private void lost() {
    if (ended.compareAndSet(false, true)) {
      store.execute(() -> listener.onLost(this));
    }
  }
}
