package dev.weft.controlplane.discovery;

import dev.weft.controlplane.discovery.SubscriberAcks.Result;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Who waits for which revision to be acknowledged by whom. Owned by the engine thread. */
final class AckWaiters {
  private final List<Waiter> waiters = new ArrayList<>();

  /** One that waits. */
  static final class Waiter {
    private final long revision;
    private final CompletableFuture<Result> future;

    /** Who has not acknowledged; null: the revision itself has not come. */
    private @Nullable Set<NodeStream> pending;

    Waiter(long revision, CompletableFuture<Result> future) {
      this.revision = revision;
      this.future = future;
    }
  }

  void add(Waiter waiter) {
    waiters.add(waiter);
  }

  int count() {
    return waiters.size();
  }

  /** The view has come to that revision and every stream knows what it is owed. */
  void reached(long revision, Collection<NodeStream> streams) {
    if (waiters.isEmpty()) {
      return;
    }
    for (Waiter waiter : List.copyOf(waiters)) {
      if (waiter.pending == null && waiter.revision <= revision) {
        var pending = new LinkedHashSet<NodeStream>();
        for (NodeStream stream : streams) {
          if (stream.begun() && stream.owes(waiter.revision)) {
            pending.add(stream);
          }
        }
        waiter.pending = pending;
        finish(waiter);
      }
    }
  }

  /** A stream has answered something. */
  void progressed(NodeStream stream) {
    if (waiters.isEmpty()) {
      return;
    }
    for (Waiter waiter : List.copyOf(waiters)) {
      Set<NodeStream> pending = waiter.pending;
      if (pending != null && pending.contains(stream) && !stream.owes(waiter.revision)) {
        pending.remove(stream);
        finish(waiter);
      }
    }
  }

  /** A stream is no more: it is not waited for. */
  void gone(NodeStream stream) {
    for (Waiter waiter : List.copyOf(waiters)) {
      Set<NodeStream> pending = waiter.pending;
      if (pending != null && pending.remove(stream)) {
        finish(waiter);
      }
    }
  }

  private void finish(Waiter waiter) {
    Set<NodeStream> pending = waiter.pending;
    if (pending != null && pending.isEmpty() && waiters.remove(waiter)) {
      waiter.future.complete(Result.SYNCED);
    }
  }

  /** Its time has passed. */
  void expire(Waiter waiter) {
    if (waiters.remove(waiter)) {
      Set<NodeStream> pending = waiter.pending;
      List<String> nodes =
          pending == null
              ? List.of()
              : pending.stream().map(stream -> stream.node().getId()).sorted().toList();
      waiter.future.complete(new Result(false, nodes));
    }
  }

  void expireAll() {
    List.copyOf(waiters).forEach(this::expire);
  }
}
