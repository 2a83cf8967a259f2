package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.discovery.SubscriberAcks;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.PolicyReader;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.liveness.Reaper;
import dev.weft.controlplane.registry.liveness.ReplicaLease;
import dev.weft.controlplane.registry.liveness.Sessions;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.embedded.EmbeddedStore;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.registry.v1.DeregisterRequest;
import dev.weft.proto.registry.v1.DeregisterResponse;
import dev.weft.proto.registry.v1.EndpointPort;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegisterResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.proto.registry.v1.ServiceEndpoint;
import dev.weft.proto.registry.v1.ServiceEndpoints;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * The registry's service on an embedded store, called as sidecars call it. Its clock stands still
 * until a test moves it.
 */
abstract class RegistryServiceFixture {
  static final Duration TTL = Duration.ofSeconds(10);

  @TempDir Path directory;
  final AtomicLong nanos = new AtomicLong(1);

  /** What the sessions' reads of the store wait for. */
  CompletableFuture<@Nullable Void> reading = CompletableFuture.completedFuture(null);

  final List<Long> awaited = new CopyOnWriteArrayList<>();
  final PeerLimits limits = new PeerLimits(new SimpleMeterRegistry(), System::currentTimeMillis);
  Store store;
  Registry registry;
  Sessions sessions;
  Server server;
  ManagedChannel channel;
  RegistryServiceGrpc.RegistryServiceBlockingStub stub;

  @BeforeEach
  void start() throws IOException {
    store = EmbeddedStore.open(directory);
    serve();
  }

  final void serve() throws IOException {
    registry = new Registry(store, PolicyReader.DOCUMENTS);
    ReplicaLease lease = new ReplicaLease(store, "a", TTL);
    sessions = new Sessions(heldUp(store), registry, lease, TTL, nanos::get);
    Reaper reaper =
        new Reaper(store, registry, lease, sessions::hears, TTL, () -> true, nanos::get);
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

  /** As a store whose reads wait for {@link #reading}. */
  private Store heldUp(Store store) {
    return (Store)
        Proxy.newProxyInstance(
            Store.class.getClassLoader(),
            new Class<?>[] {Store.class},
            (proxy, method, arguments) ->
                method.getName().equals("range")
                    ? reading.thenCompose(go -> store.range((String) arguments[0]))
                    : method.invoke(store, arguments));
  }

  @AfterEach
  void stop() {
    hangUp();
    store.close();
  }

  void hangUp() {
    channel.shutdownNow();
    server.shutdownNow();
    registry.close();
  }

  /** A Service of Kubernetes with one pod, as its source writes them. */
  long kubernetes(String pod) {
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

  RegisterResponse register(Instance instance) {
    return stub.register(RegisterRequest.newBuilder().setInstance(instance).build());
  }

  DeregisterResponse deregister(String id, String incarnation, long awaitMillis) {
    return stub.deregister(
        DeregisterRequest.newBuilder()
            .setNamespace("default")
            .setId(id)
            .setIncarnation(incarnation)
            .setAwaitSubscribersMillis(awaitMillis)
            .build());
  }

  List<String> list(String service) {
    return stub
        .listInstances(
            ListInstancesRequest.newBuilder().setNamespace("default").setService(service).build())
        .getInstancesList()
        .stream()
        .map(Instance::getId)
        .toList();
  }

  void put(String key, ByteString value) {
    long revision =
        store.commit(Txn.builder().put(key, value).build()).join().orThrow(key).revision();
    assertThat(registry.awaitRevision(revision, Duration.ofSeconds(10)).join()).isTrue();
  }

  static KeepAliveRequest heartbeat(String id, String incarnation) {
    return KeepAliveRequest.newBuilder()
        .setNamespace("default")
        .setId(id)
        .setIncarnation(incarnation)
        .build();
  }

  static Instance.Builder instance(String service, String id) {
    return Instance.newBuilder()
        .setId(id)
        .setNamespace("default")
        .setService(service)
        .setAddress("127.0.0.1")
        .addPorts(InstancePort.newBuilder().setName("http").setServicePort(80).setPort(8080));
  }

  /** What a stream sent. */
  static final class Events<T> implements StreamObserver<T> {
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
}
