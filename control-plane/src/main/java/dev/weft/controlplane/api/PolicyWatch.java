package dev.weft.controlplane.api;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.WatchBatch.Change;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyKey;
import dev.weft.proto.policy.v1.WatchEvent;
import dev.weft.proto.policy.v1.WatchRequest;
import io.grpc.stub.ServerCallStreamObserver;
import org.jspecify.annotations.Nullable;

/**
 * One who watches policies, straight from the store's history, so that from_revision means what it
 * says.
 */
final class PolicyWatch {
  private final WatchRequest request;
  private final StoreFeed<WatchEvent> feed;

  /**
   * @param onOver called once, when it is over
   */
  PolicyWatch(WatchRequest request, ServerCallStreamObserver<WatchEvent> call, Runnable onOver) {
    this.request = request;
    feed = new StoreFeed<>(call, this::event, ApiErrors::of, onOver);
  }

  /** Sends the current state first if that was asked for, then every change. Does not block. */
  void start(Store store) {
    long from = request.getFromRevision();
    if (from > 0) {
      feed.follow(store, Keyspace.POLICY_PREFIX, from + 1);
      return;
    }
    store
        .range(Keyspace.POLICY_PREFIX)
        // Sending waits for the receiver, which the call's own thread could not hear of.
        .thenAcceptAsync(
            range -> {
              if (sendAll(range)) {
                feed.follow(store, Keyspace.POLICY_PREFIX, range.revision() + 1);
              }
            },
            Thread::startVirtualThread)
        .exceptionally(
            failure -> {
              feed.fail(failure);
              return null;
            });
  }

  private boolean sendAll(Range range) {
    for (Entry entry : range.entries()) {
      WatchEvent event = put(entry, entry.modRevision());
      if (event != null && !feed.send(event)) {
        return false;
      }
    }
    return feed.send(
        WatchEvent.newBuilder()
            .setType(WatchEvent.Type.SYNCED)
            .setRevision(range.revision())
            .build());
  }

  private @Nullable WatchEvent event(Change change, long revision) {
    return switch (change) {
      case Change.Put(Entry entry) -> put(entry, revision);
      case Change.Delete(String key) -> removed(key, revision);
    };
  }

  /** Null for what the watcher did not ask for, and for what cannot be read. */
  private @Nullable WatchEvent put(Entry entry, long revision) {
    Policy.Builder named = named(entry.key());
    if (named == null) {
      return null;
    }
    try {
      Policy policy =
          Policy.parseFrom(entry.value()).toBuilder()
              .mergeFrom(named.build())
              .setRevision(entry.modRevision())
              .build();
      return event(WatchEvent.Type.PUT, revision, policy);
    } catch (InvalidProtocolBufferException e) {
      // The registry skips it too, and reports it.
      return null;
    }
  }

  private @Nullable WatchEvent removed(String key, long revision) {
    Policy.Builder named = named(key);
    return named == null
        ? null
        : event(WatchEvent.Type.REMOVED, revision, named.setRevision(revision).build());
  }

  private static WatchEvent event(WatchEvent.Type type, long revision, Policy policy) {
    return WatchEvent.newBuilder().setType(type).setRevision(revision).setPolicy(policy).build();
  }

  /** Key and source of a policy, from its key in the store; null when it was not asked for. */
  private Policy.@Nullable Builder named(String key) {
    String[] parts = key.split("/", -1);
    if (parts.length != 5
        || (!request.getKind().isEmpty() && !request.getKind().equals(parts[2]))
        || (!request.getNamespace().isEmpty() && !request.getNamespace().equals(parts[3]))) {
      return null;
    }
    return Policy.newBuilder()
        .setSource(parts[1])
        .setKey(PolicyKey.newBuilder().setKind(parts[2]).setNamespace(parts[3]).setName(parts[4]));
  }
}
