package dev.weft.controlplane.api;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.WorkloadCodec;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.WatchBatch.Change;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.WatchEvent;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import org.jspecify.annotations.Nullable;

/**
 * Serves one who watches from further back than this replica remembers, from the store's history.
 * An instance counts to the service that it registered under.
 */
final class HistoryWatch {
  private final String namespace;
  private final String service;
  private final StoreFeed<WatchEvent> feed;

  /**
   * @param onOver called once, when it is over
   */
  HistoryWatch(
      String namespace,
      String service,
      ServerCallStreamObserver<WatchEvent> call,
      Runnable onOver) {
    this.namespace = namespace;
    this.service = service;
    feed = new StoreFeed<>(call, this::event, HistoryWatch::ended, onOver);
  }

  void start(Store store, long fromRevision) {
    feed.follow(store, Keyspace.REGISTRY_PREFIX, fromRevision + 1);
  }

  /** Whatever the reason, the revision of this watch means nothing any more. */
  private static StatusRuntimeException ended(Throwable reason) {
    return Status.OUT_OF_RANGE
        .withDescription(reason.getMessage())
        .withCause(reason)
        .asRuntimeException();
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
