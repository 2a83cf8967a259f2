package dev.weft.controlplane.api;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** How unary calls are answered. */
final class Calls {
  private Calls() {}

  /** Answers at once, with a status if the answer throws. */
  static <T> void answer(StreamObserver<T> observer, Supplier<T> answer) {
    T response;
    try {
      response = answer.get();
    } catch (RuntimeException e) {
      observer.onError(ApiErrors.of(e));
      return;
    }
    observer.onNext(response);
    observer.onCompleted();
  }

  /** Answers when the future completes. */
  static <T> void answer(StreamObserver<T> observer, CompletableFuture<T> answer) {
    answer.whenComplete(
        (response, failure) -> {
          if (failure != null) {
            observer.onError(ApiErrors.of(failure));
          } else {
            observer.onNext(response);
            observer.onCompleted();
          }
        });
  }
}
