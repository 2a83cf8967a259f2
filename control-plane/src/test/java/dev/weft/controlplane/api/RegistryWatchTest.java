package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.proto.registry.v1.RegisterResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.WatchEvent;
import dev.weft.proto.registry.v1.WatchRequest;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who watches the registry misses nothing, or is told that something is missed. */
class RegistryWatchTest extends RegistryServiceFixture {
  @Test
  void aWatchSendsTheStateThenSyncedThenEveryChange() {
    register(instance("catalog", "catalog-0").build());
    Events<WatchEvent> events = watch("catalog", 0);
    await().until(() -> events.received.size() == 2);
    String incarnation = register(instance("catalog", "catalog-1").build()).getIncarnation();
    register(instance("orders", "orders-0").build());
    deregister("catalog-1", incarnation, 0);
    await().until(() -> events.received.size() == 4);
    assertThat(events.received)
        .extracting(event -> event.getType() + " " + event.getInstance().getId())
        .containsExactly("PUT catalog-0", "SYNCED ", "PUT catalog-1", "REMOVED catalog-1");
    assertThat(events.received.get(3).getRevision())
        .isGreaterThan(events.received.get(2).getRevision());
  }

  @Test
  void aWatchFromARevisionMissesNothingAndRepeatsNothing() {
    RegisterResponse first = register(instance("catalog", "catalog-0").build());
    register(instance("catalog", "catalog-1").build());
    register(instance("orders", "orders-0").build());
    Events<WatchEvent> one = watch("catalog", first.getRevision());
    Events<WatchEvent> all = watch("", first.getRevision());
    register(instance("catalog", "catalog-2").build());
    await().until(() -> one.received.size() == 2 && all.received.size() == 3);
    assertThat(ids(one)).containsExactly("catalog-1", "catalog-2");
    assertThat(ids(all)).containsExactly("catalog-1", "orders-0", "catalog-2");
  }

  @Test
  void aWatchFromBeforeThisReplicaBeganIsServedFromTheStoresHistory() throws IOException {
    RegisterResponse first = register(instance("catalog", "catalog-0").build());
    register(instance("catalog", "catalog-1").build());
    hangUp();
    serve();
    Events<WatchEvent> events = watch("catalog", first.getRevision());
    register(instance("catalog", "catalog-2").build());
    await().until(() -> events.received.size() == 2);
    assertThat(ids(events)).containsExactly("catalog-1", "catalog-2");
  }

  @Test
  void aWatchFromARevisionThatWasCompactedIsOutOfRange() throws IOException {
    RegisterResponse first = register(instance("catalog", "catalog-0").build());
    RegisterResponse last = register(instance("catalog", "catalog-1").build());
    hangUp();
    store.compact(last.getRevision()).join();
    serve();
    Events<WatchEvent> events = watch("catalog", first.getRevision());
    await().until(() -> events.failure != null);
    assertThat(Status.fromThrowable(events.failure).getCode()).isEqualTo(Status.Code.OUT_OF_RANGE);
    assertThat(events.failure).hasMessageContaining("compacted");
  }

  @Test
  void aWatchOfKubernetesEndpointsFromBeforeThisReplicaBeganIsOutOfRange() throws IOException {
    RegisterResponse first = register(instance("catalog", "catalog-0").build());
    register(instance("catalog", "catalog-1").build());
    kubernetes("web-0");
    hangUp();
    serve();
    Events<WatchEvent> refused = watch("web", first.getRevision());
    await().until(() -> refused.failure != null);
    assertThat(Status.fromThrowable(refused.failure).getCode()).isEqualTo(Status.Code.OUT_OF_RANGE);
    assertThat(refused.failure).hasMessageContaining("list, then watch");

    Events<WatchEvent> others = watch("catalog", first.getRevision());
    await().until(() -> others.received.size() == 1);
    assertThat(ids(others)).containsExactly("catalog-1");
  }

  @Test
  void aWatchThatIsNotReadIsCutOffWhenTooMuchWaits() {
    Counter reader = new Counter(true);
    RegistryServiceGrpc.newStub(channel)
        .watch(WatchRequest.newBuilder().setNamespace("default").build(), reader);
    await().until(() -> reader.received.get() == 1);
    Counter quick = new Counter(false);
    RegistryServiceGrpc.newStub(channel)
        .watch(WatchRequest.newBuilder().setNamespace("default").build(), quick);
    int writes = InstanceWatcher.MAX_WAITING / 100 + 20;
    for (int i = 0; i < writes; i++) {
      Txn.Builder txn = Txn.builder();
      for (int j = 0; j < 100; j++) {
        txn.put(
            Keyspace.instance("self", "default", "catalog", "catalog-" + j),
            instance("catalog", "catalog-" + j).setIncarnation("" + i).build().toByteString());
      }
      store.commit(txn.build()).join();
    }
    await().until(() -> reader.failure != null);
    assertThat(Status.fromThrowable(reader.failure).getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(reader.failure).hasMessageContaining("list, then watch");
    await().until(() -> quick.received.get() == writes * 100 + 1);
    assertThat(quick.failure).isNull();
  }

  private Events<WatchEvent> watch(String service, long fromRevision) {
    Events<WatchEvent> events = new Events<>();
    RegistryServiceGrpc.newStub(channel)
        .watch(
            WatchRequest.newBuilder()
                .setNamespace("default")
                .setService(service)
                .setFromRevision(fromRevision)
                .build(),
            events);
    return events;
  }

  private static List<String> ids(Events<WatchEvent> events) {
    return events.received.stream().map(event -> event.getInstance().getId()).toList();
  }

  /** Counts what a stream sends; a slow one takes one event and then nothing. */
  private static final class Counter implements ClientResponseObserver<WatchRequest, WatchEvent> {
    final AtomicInteger received = new AtomicInteger();
    volatile @Nullable Throwable failure;
    private final boolean slow;

    Counter(boolean slow) {
      this.slow = slow;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<WatchRequest> requests) {
      if (slow) {
        requests.disableAutoRequestWithInitial(1);
      }
    }

    @Override
    public void onNext(WatchEvent event) {
      received.incrementAndGet();
    }

    @Override
    public void onError(Throwable error) {
      failure = error;
    }

    @Override
    public void onCompleted() {}
  }
}
