package dev.weft.controlplane.limit;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One read at a time, however many ask: who asks while one is under way shares the next with all
 * others that do, so that nobody is answered from before they asked. Safe from any thread.
 */
public final class SharedRead {
  private final Supplier<CompletableFuture<Boolean>> reading;

  // Guarded by this.
  private boolean underWay;
  private @Nullable CompletableFuture<Boolean> next;

  /**
   * @param reading begins a read; does not block
   */
  public SharedRead(Supplier<CompletableFuture<Boolean>> reading) {
    this.reading = reading;
  }

  /** The result of a read that begins after this call. */
  public CompletableFuture<Boolean> read() {
    CompletableFuture<Boolean> mine;
    synchronized (this) {
      if (next == null) {
        next = new CompletableFuture<>();
      }
      mine = next;
    }
    begin();
    return mine;
  }

  private void begin() {
    CompletableFuture<Boolean> answer;
    synchronized (this) {
      answer = next;
      if (underWay || answer == null) {
        return;
      }
      underWay = true;
      next = null;
    }
    started()
        .whenComplete(
            (result, failure) -> {
              synchronized (this) {
                underWay = false;
              }
              begin();
              if (failure == null) {
                answer.complete(result);
              } else {
                answer.completeExceptionally(failure);
              }
            });
  }

  private CompletableFuture<Boolean> started() {
    try {
      return reading.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
