package dev.weft.controlplane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlaneOptions.StoreOptions;
import dev.weft.controlplane.registry.store.etcd.EtcdOptions;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import dev.weft.testkit.EtcdServer;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
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
    TestClient toA = connect(a);
    TestClient toB = connect(b);
    Heart heart = new Heart(toA.register());
    opened.push(heart);
    heart.beatAt(toA.channel());
    await().atMost(PATIENCE).until(() -> toB.instances("").equals(List.of("catalog-0")));

    // Its replica ends; it moves to the other one, which takes over what the first one did.
    a.close();
    heart.beatAt(toB.channel());
    await().atMost(PATIENCE).until(() -> reaper(b));
    passes(TTL.multipliedBy(3));
    assertThat(toB.instances("")).containsExactly("catalog-0");

    // Its store is away for longer than the TTL.
    etcd.kill();
    await().atMost(PATIENCE).until(() -> toB.health("") == ServingStatus.NOT_SERVING);
    passes(TTL.multipliedBy(2));
    assertThat(toB.instances("")).containsExactly("catalog-0");
    etcd.startAgain();
    await().atMost(PATIENCE).until(() -> toB.health("") == ServingStatus.SERVING);
    await().atMost(PATIENCE).until(() -> reaper(b));
    passes(TTL.multipliedBy(3));
    assertThat(toB.instances("")).containsExactly("catalog-0");

    heart.stop();
    await().atMost(PATIENCE).until(() -> toB.instances("").isEmpty());
  }

  private ControlPlane replica(String id) {
    ControlPlane controlPlane =
        ControlPlane.start(
            new ControlPlaneOptions(
                new StoreOptions.Etcd(
                    EtcdOptions.of(etcd.endpoint()).withTimeout(Duration.ofSeconds(5))),
                "127.0.0.1",
                0,
                0,
                TTL,
                id,
                "cluster.local",
                SecurityOptions.NONE,
                KubernetesOptions.OFF));
    opened.push(controlPlane);
    controlPlane.ready().join();
    return controlPlane;
  }

  private TestClient connect(ControlPlane controlPlane) {
    TestClient client = TestClient.of(controlPlane);
    opened.push(client);
    return client;
  }

  private static void passes(Duration time) {
    long begin = System.nanoTime();
    await().atMost(PATIENCE).until(() -> System.nanoTime() - begin > time.toNanos());
  }

  private static boolean reaper(ControlPlane controlPlane) {
    return controlPlane.metricsText().contains("weft_reaper_leading 1.0");
  }

  /** The heartbeats of one instance, on a thread of their own, at one replica at a time. */
  private static final class Heart implements AutoCloseable, StreamObserver<KeepAliveResponse> {
    private final KeepAliveRequest beat;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private volatile @Nullable ManagedChannel channel;
    private @Nullable StreamObserver<KeepAliveRequest> stream;
    private volatile boolean broken;

    Heart(String incarnation) {
      beat = TestClient.heartbeat(incarnation);
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
