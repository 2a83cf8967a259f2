package dev.weft.controlplane.api;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.WorkloadCodec;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.registry.store.Watch;
import dev.weft.controlplane.registry.store.WatchBatch;
import dev.weft.controlplane.registry.store.WatchBatch.Change;
import dev.weft.controlplane.registry.store.WatchListener;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.WatchEvent;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import org.jspecify.annotations.Nullable;

/**
 * Serves one who watches from further back than this replica remembers, from the store's history.
 * An instance counts to the service that it registered under. While the receiver is slow it holds
 * up its own watch of the store, nothing else.
 */
final class HistoryWatch implements WatchListener {
  private final String namespace;
  private final String service;
  private final ServerCallStreamObserver<WatchEvent> call;

  // Guarded by this.
  private @Nullable Watch watch;
  private boolean over;

  HistoryWatch(String namespace, String service, ServerCallStreamObserver<WatchEvent> call) {
    this.namespace = namespace;
    this.service = service;
    this.call = call;
    call.setOnReadyHandler(this::ready);
    call.setOnCancelHandler(this::end);
  }

  void start(Store store, long fromRevision) {
    Watch started = store.watch(Keyspace.REGISTRY_PREFIX, fromRevision + 1, this);
    synchronized (this) {
      if (!over) {
        watch = started;
        return;
      }
    }
    started.close();
  }

  @Override
  public void onBatch(WatchBatch batch) {
    for (Change change : batch.changes()) {
      WatchEvent event = event(change, batch.revision());
      if (event != null && !send(event)) {
        return;
      }
    }
  }

  @Override
  public void onEnd(StoreException reason) {
    synchronized (this) {
      if (!over) {
        over = true;
        call.onError(
            Status.OUT_OF_RANGE
                .withDescription(reason.getMessage())
                .withCause(reason)
                .asRuntimeException());
      }
    }
  }

  private synchronized boolean send(WatchEvent event) {
    try {
      while (!over && !call.isReady()) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    if (!over) {
      call.onNext(event);
    }
    return !over;
  }

  private synchronized void ready() {
    notifyAll();
  }

  private void end() {
    Watch last;
    synchronized (this) {
      over = true;
      last = watch;
      notifyAll();
    }
    if (last != null) {
      last.close();
    }
  }

  private @Nullable WatchEvent event(Change change, long revision) {
    String[] parts = change.key().split("/", -1);
    if (parts.length != 5
        || (!namespace.isEmpty() && !namespace.equals(parts[2]))
        || (!service.isEmpty() && !service.equals(parts[3]))) {
      return null;
    }
    return switch (change) {
      case Change.Delete gone -> InstanceWatcher.removed(parts[2], parts[3], parts[4], revision);
      case Change.Put(Entry entry) -> {
        try {
          yield InstanceWatcher.put(
              WorkloadCodec.toWorkload(
                  Instance.parseFrom(entry.value()), parts[1], entry.modRevision()),
              revision);
        } catch (InvalidProtocolBufferException e) {
          // Skipped, as the registry does; ListServices warns of it.
          yield null;
        }
      }
    };
  }
}
