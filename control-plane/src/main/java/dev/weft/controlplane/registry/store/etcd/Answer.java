package dev.weft.controlplane.registry.store.etcd;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** The one answer to a call, as a future. */
final class Answer<T> implements StreamObserver<T> {
  private final CompletableFuture<T> future = new CompletableFuture<>();

  CompletableFuture<T> future() {
    return future;
  }

  @Override
  public void onNext(T value) {
    future.complete(value);
  }

  @Override
  public void onError(Throwable failure) {
    future.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    future.completeExceptionally(
        Status.UNAVAILABLE
            .withDescription("etcd ended the call without an answer")
            .asRuntimeException());
  }
}
