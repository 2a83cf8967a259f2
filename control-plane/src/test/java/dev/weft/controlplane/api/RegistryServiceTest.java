package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.discovery.SubscriberAcks;
import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.limit.Trouble;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Reaper;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.ReplicaLease;
import dev.weft.controlplane.registry.Sessions;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.registry.v1.DeregisterRequest;
import dev.weft.proto.registry.v1.DeregisterResponse;
import dev.weft.proto.registry.v1.EndpointPort;
import dev.weft.proto.registry.v1.GetInstanceRequest;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.ListServicesRequest;
import dev.weft.proto.registry.v1.ListServicesResponse;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegisterResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import dev.weft.proto.registry.v1.WatchEvent;
import dev.weft.proto.registry.v1.WatchRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryServiceTest {
  private static final Duration TTL = Duration.ofSeconds(10);

  @TempDir Path directory;
  private final AtomicLong nanos = new AtomicLong(1);
  private final List<Long> awaited = new CopyOnWriteArrayList<>();
  private final PeerLimits limits =
      new PeerLimits(new SimpleMeterRegistry(), System::currentTimeMillis);
  private Store store;
  private Registry registry;
  private Sessions sessions;
  private Server server;
  private ManagedChannel channel;
  private RegistryServiceGrpc.RegistryServiceBlockingStub stub;

  @BeforeEach
  void start() throws IOException {
    store = EmbeddedStore.open(directory);
    serve();
  }

  private void serve() throws IOException {
    registry = new Registry(store, PolicyReader.DOCUMENTS);
    ReplicaLease lease = new ReplicaLease(store, "a", TTL);
    sessions = new Sessions(store, registry, lease, TTL, nanos::get);
    Reaper reaper = new Reaper(store, registry, lease, TTL, () -> true, nanos::get);
    SubscriberAcks acks =
        (revision, timeout) -> {
          awaited.add(revision);
          return CompletableFuture.completedFuture(new SubscriberAcks.Result(true, List.of()));
        };
    RegistryService service =
        new RegistryService(store, registry, sessions, reaper, acks, TTL, limits, nanos::get);
    registry.start().join();
    lease.tick();
    String name = InProcessServerBuilder.generateName();
    server = InProcessServerBuilder.forName(name).addService(service).build().start();
    channel = InProcessChannelBuilder.forName(name).build();
    stub = RegistryServiceGrpc.newBlockingStub(channel);
  }

  @AfterEach
  void stop() {
    hangUp();
    store.close();
  }

  private void hangUp() {
    channel.shutdownNow();
    server.shutdownNow();
    registry.close();
  }

  @Test
  void whatIsRegisteredIsListedAndFound() {
    RegisterResponse response = register(instance("catalog", "catalog-0").build());
    assertThat(response.getIncarnation()).isNotEmpty();
    assertThat(response.getTtlMillis()).isEqualTo(TTL.toMillis());

    Instance found =
        stub.getInstance(
            GetInstanceRequest.newBuilder().setNamespace("default").setId("catalog-0").build());
    assertThat(found.getIncarnation()).isEqualTo(response.getIncarnation());
    assertThat(found.getRevision()).isEqualTo(response.getRevision());
    assertThat(found.getSource()).isEqualTo("self");
    assertThat(found.getWeight()).isEqualTo(100);
    assertThat(found.getReadiness()).isEqualTo(Readiness.READY);

    ListServicesResponse services = stub.listServices(ListServicesRequest.getDefaultInstance());
    assertThat(services.getServicesList())
        .singleElement()
        .satisfies(
            service -> {
              assertThat(service.getName()).isEqualTo("catalog");
              assertThat(service.getPortsList()).containsExactly(80);
              assertThat(service.getReadyInstances()).isEqualTo(1);
            });
    assertThat(services.getWarningsList()).isEmpty();
    assertThat(list("catalog")).containsExactly("catalog-0");
    assertThat(list("nobody")).isEmpty();
  }

  @Test
  void whatKubernetesOwnsIsListedAndWatchedAndNobodyRegistersItself() {
    long revision = kubernetes("web-0");

    assertThat(stub.listServices(ListServicesRequest.getDefaultInstance()).getServicesList())
        .singleElement()
        .satisfies(
            service -> {
              assertThat(service.getName()).isEqualTo("web");
              assertThat(service.getPortsList()).containsExactly(80);
              assertThat(service.getReadyInstances()).isEqualTo(1);
            });
    assertThat(list("web")).containsExactly("web-0");
    Instance pod =
        stub.getInstance(
            GetInstanceRequest.newBuilder().setNamespace("default").setId("web-0").build());
    assertThat(pod.getSource()).isEqualTo("kubernetes");
    assertThat(pod.getMetadataMap()).containsEntry("kubernetes.io/node", "node-1");

    assertThatThrownBy(() -> register(instance("web", "self-0").build()))
        .hasMessageContaining("service default/web is owned by source \"kubernetes\"")
        .hasMessageContaining("--register off");
    assertThatThrownBy(() -> register(instance("other", "web-0").build()))
        .hasMessageContaining("instance default/web-0 is owned by source \"kubernetes\"");

    kubernetes("web-1");
    assertThat(
            firstTwo(
                WatchRequest.newBuilder()
                    .setNamespace("default")
                    .setService("web")
                    .setFromRevision(revision)
                    .build()))
        .containsExactlyInAnyOrder("PUT web-1", "REMOVED web-0");
  }

  private List<String> firstTwo(WatchRequest request) {
    var events = stub.withDeadlineAfter(Duration.ofSeconds(30)).watch(request);
    var seen = new ArrayList<String>();
    while (seen.size() < 2) {
      WatchEvent event = events.next();
      seen.add(event.getType() + " " + event.getInstance().getId());
    }
    return seen;
  }

  /** A Service of Kubernetes with one pod, as its source writes them. */
  private long kubernetes(String pod) {
    String document =
        "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web\",\"namespace\":"
            + "\"default\"},\"spec\":{\"clusterIP\":\"10.96.0.1\",\"ports\":[{\"port\":80}]}}";
    ServiceEndpoints endpoints =
        ServiceEndpoints.newBuilder()
            .setNamespace("default")
            .setService("web")
            .setSlice("web-a")
            .addPorts(EndpointPort.newBuilder().setPort(8080))
            .addEndpoints(
                ServiceEndpoint.newBuilder()
                    .setId(pod)
                    .setAddress("10.244.0.7")
                    .setNode("node-1")
                    .setReady(true))
            .build();
    Txn txn =
        Txn.builder()
            .put(
                Keyspace.policy(Keyspace.KUBERNETES, "Service", "default", "web"),
                Policy.newBuilder().setJson(document).build().toByteString())
            .put(
                Keyspace.endpoints(Keyspace.KUBERNETES, "default", "web", "web-a"),
                endpoints.toByteString())
            .build();
    long revision = store.commit(txn).join().orThrow("kubernetes").revision();
    assertThat(registry.awaitRevision(revision, TTL).join()).isTrue();
    return revision;
  }

  @Test
  void registeringTheSameIncarnationAgainWritesNothing() {
    Instance instance = instance("catalog", "catalog-0").setIncarnation("one").build();
    RegisterResponse first = register(instance);
    RegisterResponse second = register(instance);
    assertThat(second.getRevision()).isEqualTo(first.getRevision());
    RegisterResponse other = register(instance.toBuilder().setIncarnation("two").build());
    assertThat(other.getRevision()).isGreaterThan(first.getRevision());
    assertThat(other.getIncarnation()).isEqualTo("two");
  }

  @Test
  void anInstanceThatChangesItsServiceLeavesTheOldOne() {
    register(instance("catalog", "node-0").build());
    register(instance("orders", "node-0").build());
    assertThat(list("catalog")).isEmpty();
    assertThat(list("orders")).containsExactly("node-0");
  }

  @Test
  void aWrongFieldIsNamedWithItsValueAndWhatWasExpected() {
    Instance wrong =
        instance("Catalog", "catalog-0")
            .setAddress("catalog.local")
            .setWeight(-1)
            .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(70_000))
            .build();
    assertThatThrownBy(() -> register(wrong))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT))
        .hasMessageContaining("instance.service is \"Catalog\", expected a DNS label")
        .hasMessageContaining("instance.address is \"catalog.local\", expected an IP address")
        .hasMessageContaining("instance.weight is \"-1\", expected 1 to 1000000")
        .hasMessageContaining("instance.ports[1].port is \"70000\", expected 1 to 65535")
        .hasMessageContaining("instance.ports[1].service_port is \"80\", expected a number that");
    assertThat(registry.current().workloadCount()).isZero();
  }

  @Test
  void aNameThatAnotherSourceOwnsIsRefused() {
    Instance pod = instance("catalog", "catalog-0").setIncarnation("pod").build();
    put(Keyspace.instance("kubernetes", "default", "catalog", "catalog-0"), pod.toByteString());
    assertThatThrownBy(() -> register(instance("catalog", "catalog-0").build()))
        .hasMessageContaining("FAILED_PRECONDITION")
        .hasMessageContaining("owned by source \"kubernetes\"");
    assertThatThrownBy(() -> register(instance("catalog", "catalog-9").build()))
        .hasMessageContaining("FAILED_PRECONDITION")
        .hasMessageContaining("service default/catalog is owned by source \"kubernetes\"");
    register(instance("orders", "orders-0").build());
  }

  @Test
  void onlyTheRegisteredIncarnationIsDeregistered() {
    String incarnation = register(instance("catalog", "catalog-0").build()).getIncarnation();
    DeregisterResponse late = deregister("catalog-0", "dead", 0);
    assertThat(late.getRemoved()).isFalse();
    assertThat(list("catalog")).containsExactly("catalog-0");
    DeregisterResponse done = deregister("catalog-0", incarnation, 1000);
    assertThat(done.getRemoved()).isTrue();
    assertThat(done.getSubscribersAcknowledged()).isTrue();
    assertThat(awaited).containsExactly(done.getRevision());
    assertThat(list("catalog")).isEmpty();
    assertThat(deregister("catalog-0", incarnation, 0).getRemoved()).isFalse();
  }

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

  @Test
  void aStreamThatStaysSilentIsClosed() {
    String incarnation = register(instance("catalog", "catalog-0").build()).getIncarnation();
    Events<KeepAliveResponse> answers = new Events<>();
    StreamObserver<KeepAliveRequest> stream =
        RegistryServiceGrpc.newStub(channel).keepAlive(answers);
    stream.onNext(heartbeat("catalog-0", incarnation));
    stream.onNext(heartbeat("catalog-0", "dead"));
    stream.onNext(heartbeat("nobody", "dead"));
    await().until(() -> answers.received.size() == 3);
    assertThat(answers.received)
        .extracting(KeepAliveResponse::getStatus)
        .containsExactly(
            KeepAliveResponse.Status.ALIVE,
            KeepAliveResponse.Status.SUPERSEDED,
            KeepAliveResponse.Status.UNKNOWN);
    assertThat(sessions.count()).isEqualTo(1);
    for (int i = 0; i < 11; i++) {
      nanos.addAndGet(TTL.dividedBy(10).toNanos());
      sessions.tick();
    }
    await().until(() -> answers.failure != null);
    assertThat(answers.failure).hasMessageContaining("no heartbeat of default/catalog-0");
    assertThat(sessions.count()).isZero();
  }

  @Test
  void whoBeatsTooFastIsReadLaterAndNamedAndHoldsNobodyUp() {
    String flooding = register(instance("catalog", "catalog-0").build()).getIncarnation();
    String other = register(instance("catalog", "catalog-1").build()).getIncarnation();
    StreamObserver<KeepAliveRequest> flood =
        RegistryServiceGrpc.newStub(channel).keepAlive(new Events<>());
    for (int i = 0; i < 5_000; i++) {
      flood.onNext(heartbeat("catalog-0", flooding));
    }
    await().until(() -> !limits.recent().isEmpty());
    Events<KeepAliveResponse> answers = new Events<>();
    RegistryServiceGrpc.newStub(channel).keepAlive(answers).onNext(heartbeat("catalog-1", other));

    await().until(() -> answers.received.size() == 1);
    // The clock stands still: what comes after the first hundred is read ten times a second.
    assertThat(sessions.heartbeats()).isBetween(100L, 1_000L);
    assertThat(limits.recent())
        .singleElement()
        .satisfies(
            trouble -> {
              assertThat(trouble.peer()).isEqualTo("default/catalog-0");
              assertThat(trouble.limit()).isEqualTo(PeerLimit.HEARTBEATS);
              assertThat(trouble.message()).contains("limit heartbeats").contains("third of");
            });
  }

  @Test
  void manyWhoAreDeniedAreAllAnswered() {
    List<StreamObserver<KeepAliveRequest>> streams = new ArrayList<>();
    Events<KeepAliveResponse> answers = new Events<>();
    for (int i = 0; i < 50; i++) {
      streams.add(RegistryServiceGrpc.newStub(channel).keepAlive(answers));
    }
    streams.forEach(stream -> stream.onNext(heartbeat("nobody", "dead")));

    await().until(() -> answers.received.size() == 50);
    assertThat(answers.received)
        .allMatch(answer -> answer.getStatus() == KeepAliveResponse.Status.UNKNOWN);
  }

  @Test
  void whoRegistersTooOftenIsRefusedAndNamed() {
    RegisterRequest same =
        RegisterRequest.newBuilder()
            .setInstance(instance("catalog", "catalog-0").setIncarnation("one"))
            .build();
    long allowed = PeerLimit.REGISTRATIONS.value() * 10;
    for (int i = 0; i < allowed; i++) {
      stub.register(same);
    }

    assertThatThrownBy(() -> stub.register(same))
        .hasMessageStartingWith("RESOURCE_EXHAUSTED")
        .hasMessageContaining("more than 500/s")
        .hasMessageContaining("limit registrations");
    assertThat(limits.recent()).extracting(Trouble::limit).containsExactly(PeerLimit.REGISTRATIONS);
    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(stub.register(same).getIncarnation()).isEqualTo("one");
  }

  @Test
  void anInstanceThatIsTooLargeIsRefused() {
    Instance.Builder large = instance("catalog", "catalog-0");
    for (int i = 0; i < 10; i++) {
      large.putMetadata("key-" + i, "x".repeat(4_000));
    }
    assertThatThrownBy(() -> register(large.build()))
        .hasMessageStartingWith("INVALID_ARGUMENT")
        .hasMessageContaining("32 KiB (limit instance)");
    assertThat(list("catalog")).isEmpty();
  }

  @Test
  void oneWhoRegistersMostOfWhatThereMayBeLeavesRoomForOthers() {
    register(instance("catalog", "catalog-0").build());
    register(instance("catalog", "catalog-1").build());
    Instance more = instance("catalog", "catalog-2").build();
    Instance known = instance("catalog", "catalog-1").build();

    new RegistryGate(registry, limits, nanos::get, 6, 2).requireRoom(more);
    var half = new RegistryGate(registry, limits, nanos::get, 4, 2);
    half.requireRoom(known);
    assertThatThrownBy(() -> half.requireRoom(more))
        .hasMessageStartingWith("RESOURCE_EXHAUSTED")
        .hasMessageContaining("limit instances-of-one");
    new RegistryGate(registry, limits, nanos::get, 4, 3).requireRoom(more);
    var full = new RegistryGate(registry, limits, nanos::get, 2, 3);
    assertThatThrownBy(() -> full.requireRoom(more)).hasMessageContaining("at most 2 are allowed");
    full.requireRoom(known);
  }

  @Test
  void whatAHeartbeatSaysHasABound() {
    String incarnation = register(instance("catalog", "catalog-0").build()).getIncarnation();
    Events<KeepAliveResponse> answers = new Events<>();
    RegistryServiceGrpc.newStub(channel)
        .keepAlive(answers)
        .onNext(
            heartbeat("catalog-0", incarnation).toBuilder()
                .setReadinessReason("x".repeat(5_000))
                .build());
    await().until(() -> answers.failure != null);
    assertThat(answers.failure).hasMessageContaining("readiness_reason has 5000 characters");
  }

  @Test
  void sessionsEndWithTheirStream() {
    String incarnation = register(instance("catalog", "catalog-0").build()).getIncarnation();
    Events<KeepAliveResponse> answers = new Events<>();
    StreamObserver<KeepAliveRequest> stream =
        RegistryServiceGrpc.newStub(channel).keepAlive(answers);
    stream.onNext(heartbeat("catalog-0", incarnation));
    await().until(() -> sessions.count() == 1);
    stream.onCompleted();
    await().until(() -> sessions.count() == 0);
    assertThat(list("catalog")).containsExactly("catalog-0");
  }

  @Test
  void anEntryThatCannotBeReadIsWarnedOfAndHarmsNobody() {
    put("registry/self/default/catalog/broken", ByteString.copyFromUtf8("nonsense"));
    put("policy/apply/HTTPRoute/default/broken", ByteString.copyFromUtf8("nonsense"));
    register(instance("catalog", "catalog-0").build());
    assertThat(list("catalog")).containsExactly("catalog-0");
    assertThat(stub.listServices(ListServicesRequest.getDefaultInstance()).getWarningsList())
        .hasSize(2)
        .anySatisfy(warning -> assertThat(warning).contains("default/catalog/broken"));
  }

  private RegisterResponse register(Instance instance) {
    return stub.register(RegisterRequest.newBuilder().setInstance(instance).build());
  }

  private DeregisterResponse deregister(String id, String incarnation, long awaitMillis) {
    return stub.deregister(
        DeregisterRequest.newBuilder()
            .setNamespace("default")
            .setId(id)
            .setIncarnation(incarnation)
            .setAwaitSubscribersMillis(awaitMillis)
            .build());
  }

  private List<String> list(String service) {
    return stub
        .listInstances(
            ListInstancesRequest.newBuilder().setNamespace("default").setService(service).build())
        .getInstancesList()
        .stream()
        .map(Instance::getId)
        .toList();
  }

  private void put(String key, ByteString value) {
    long revision =
        store.commit(Txn.builder().put(key, value).build()).join().orThrow(key).revision();
    assertThat(registry.awaitRevision(revision, Duration.ofSeconds(10)).join()).isTrue();
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

  private static KeepAliveRequest heartbeat(String id, String incarnation) {
    return KeepAliveRequest.newBuilder()
        .setNamespace("default")
        .setId(id)
        .setIncarnation(incarnation)
        .build();
  }

  private static Instance.Builder instance(String service, String id) {
    return Instance.newBuilder()
        .setId(id)
        .setNamespace("default")
        .setService(service)
        .setAddress("127.0.0.1")
        .addPorts(InstancePort.newBuilder().setName("http").setServicePort(80).setPort(8080));
  }

  /** What a stream sent. */
  private static final class Events<T> implements StreamObserver<T> {
    final List<T> received = new CopyOnWriteArrayList<>();
    volatile @Nullable Throwable failure;

    @Override
    public void onNext(T event) {
      received.add(event);
    }

    @Override
    public void onError(Throwable error) {
      failure = error;
    }

    @Override
    public void onCompleted() {}
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
