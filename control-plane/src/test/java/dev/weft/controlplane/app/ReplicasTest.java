package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.ListInstancesRequest;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.testkit.EtcdServer;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two control planes on one real etcd. */
class ReplicasTest {
  private static final Duration TTL = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private EtcdServer etcd;

  @BeforeEach
  void start() {
    etcd = EtcdServer.start();
    opened.push(etcd);
  }

  @AfterEach
  void stop() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @Test
  void anInstanceOutlivesItsReplicaAndItsStoreAndGoesWithItsProcess() {
    ControlPlane a = replica("a");
    ControlPlane b = replica("b");
    ManagedChannel toA = connect(a);
    ManagedChannel toB = connect(b);
    String incarnation =
        RegistryServiceGrpc.newBlockingStub(toA)
            .register(RegisterRequest.newBuilder().setInstance(instance()).build())
            .getIncarnation();
    Heart heart = new Heart(incarnation);
    opened.push(heart);
    heart.beatAt(toA);
    await().atMost(PATIENCE).until(() -> instances(toB).equals(List.of("catalog-0")));

    // Its replica ends; it moves to the other one, which takes over what the first one did.
    a.close();
    heart.beatAt(toB);
    await().atMost(PATIENCE).until(() -> reaper(b));
    passes(TTL.multipliedBy(3));
    assertThat(instances(toB)).containsExactly("catalog-0");

    // Its store is away for longer than the TTL.
    etcd.kill();
    await().atMost(PATIENCE).until(() -> health(toB) == ServingStatus.NOT_SERVING);
    passes(TTL.multipliedBy(2));
    assertThat(instances(toB)).containsExactly("catalog-0");
    etcd.startAgain();
    await().atMost(PATIENCE).until(() -> health(toB) == ServingStatus.SERVING);
    await().atMost(PATIENCE).until(() -> reaper(b));
    passes(TTL.multipliedBy(3));
    assertThat(instances(toB)).containsExactly("catalog-0");

    heart.stop();
    await().atMost(PATIENCE).until(() -> instances(toB).isEmpty());
  }

  private ControlPlane replica(String id) {
    ControlPlane controlPlane =
        ControlPlane.start(
            new ControlPlaneOptions(
                new StoreOptions.Etcd(
                    EtcdOptions.of(etcd.endpoint()).withTimeout(Duration.ofSeconds(2))),
                "127.0.0.1",
                0,
                0,
                TTL,
                id,
                "cluster.local"));
    opened.push(controlPlane);
    controlPlane.ready().join();
    return controlPlane;
  }

  private ManagedChannel connect(ControlPlane controlPlane) {
    ManagedChannel channel =
        Grpc.newChannelBuilder(
                "127.0.0.1:" + controlPlane.grpcPort(), InsecureChannelCredentials.create())
            .build();
    opened.push(channel::shutdownNow);
    return channel;
  }

  private static void passes(Duration time) {
    long begin = System.nanoTime();
    await().atMost(PATIENCE).until(() -> System.nanoTime() - begin > time.toNanos());
  }

  private static boolean reaper(ControlPlane controlPlane) {
    return controlPlane.metricsText().contains("weft_reaper_leading 1.0");
  }

  private static ServingStatus health(ManagedChannel channel) {
    return HealthGrpc.newBlockingStub(channel)
        .check(HealthCheckRequest.getDefaultInstance())
        .getStatus();
  }

  private static List<String> instances(ManagedChannel channel) {
    return RegistryServiceGrpc.newBlockingStub(channel)
        .listInstances(ListInstancesRequest.newBuilder().setNamespace("default").build())
        .getInstancesList()
        .stream()
        .map(Instance::getId)
        .toList();
  }

  private static Instance instance() {
    return Instance.newBuilder()
        .setId("catalog-0")
        .setNamespace("default")
        .setService("catalog")
        .setAddress("127.0.0.1")
        .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(8080))
        .build();
  }

  /** The heartbeats of one instance, on a thread of their own, at one replica at a time. */
  private static final class Heart implements AutoCloseable, StreamObserver<KeepAliveResponse> {
    private final KeepAliveRequest beat;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private volatile @Nullable ManagedChannel channel;
    private @Nullable StreamObserver<KeepAliveRequest> stream;
    private volatile boolean broken;

    Heart(String incarnation) {
      beat =
          KeepAliveRequest.newBuilder()
              .setNamespace("default")
              .setId("catalog-0")
              .setIncarnation(incarnation)
              .build();
      thread.scheduleWithFixedDelay(this::beat, 0, TTL.toMillis() / 6, TimeUnit.MILLISECONDS);
    }

    void beatAt(ManagedChannel other) {
      channel = other;
      broken = true;
    }

    void stop() {
      thread.shutdown();
    }

    private void beat() {
      ManagedChannel now = channel;
      if (now == null) {
        return;
      }
      if (stream == null || broken) {
        broken = false;
        stream = RegistryServiceGrpc.newStub(now).keepAlive(this);
      }
      stream.onNext(beat);
    }

    @Override
    public void onNext(KeepAliveResponse response) {}

    @Override
    public void onError(Throwable failure) {
      broken = true;
    }

    @Override
    public void onCompleted() {
      broken = true;
    }

    @Override
    public void close() {
      thread.shutdownNow();
    }
  }
}
