package dev.weft.sidecar.registration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.sidecar.FakeControlPlane;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RegistrarTest {
  private final FakeControlPlane controlPlane = new FakeControlPlane();
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop loop = (EventLoop) group.next();
  private final ManagedChannel channel =
      NettyChannelBuilder.forAddress("127.0.0.1", controlPlane.port())
          .eventLoopGroup(loop)
          .channelType(NioSocketChannel.class)
          .directExecutor()
          .usePlaintext()
          .build();
  private final AtomicInteger waits = new AtomicInteger();
  private final Registrar registrar =
      new Registrar(
          Instance.newBuilder()
              .setId("catalog-v1-0")
              .setNamespace("default")
              .setService("catalog")
              .setIncarnation("mine")
              .build(),
          loop,
          new Random(1) {
            @Override
            public long nextLong(long bound) {
              waits.incrementAndGet();
              return super.nextLong(bound);
            }
          },
          bound -> {});

  @AfterEach
  void stop() {
    channel.shutdownNow();
    controlPlane.close();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void registersNotReadyUntilItIsToldOtherwiseAndKeepsAlive() {
    loop.execute(() -> registrar.connected(channel));
    await().until(() -> controlPlane.heartbeats.size() >= 2);
    assertThat(controlPlane.registered.getFirst().getInstance().getReadiness())
        .isEqualTo(Readiness.NOT_READY);
    assertThat(controlPlane.registered.getFirst().getInstance().getIncarnation()).isEqualTo("mine");

    controlPlane.heartbeats.clear();
    loop.execute(() -> registrar.readiness(Readiness.READY, ""));

    await().until(() -> readinessOfBeats(Readiness.READY) >= 2);
    assertThat(controlPlane.registered).hasSize(1);
  }

  @Test
  void anInstanceThatWasForgottenRegistersAgainAsTheSame() {
    loop.execute(() -> registrar.connected(channel));
    await().until(() -> !controlPlane.heartbeats.isEmpty());

    controlPlane.keepAliveStatus = KeepAliveResponse.Status.UNKNOWN;
    await().until(() -> controlPlane.registered.size() >= 2);
    controlPlane.keepAliveStatus = KeepAliveResponse.Status.ALIVE;

    await().until(() -> state() == Registrar.State.REGISTERED);
    assertThat(controlPlane.registered)
        .allMatch(r -> r.getInstance().getIncarnation().equals("mine"));
  }

  @Test
  void aRegistryThatNeverKnowsItIsNotAskedInCircles() {
    controlPlane.keepAliveStatus = KeepAliveResponse.Status.UNKNOWN;
    loop.execute(() -> registrar.connected(channel));

    await().until(() -> controlPlane.registered.size() >= 3);

    assertThat(waits.get()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void aControlPlaneThatCannotTellYetIsAskedByTheNextHeartbeat() {
    controlPlane.keepAliveStatus = KeepAliveResponse.Status.STATUS_UNSPECIFIED;
    loop.execute(() -> registrar.connected(channel));

    await().until(() -> controlPlane.heartbeats.size() >= 3);

    assertThat(state()).isEqualTo(Registrar.State.REGISTERED);
    assertThat(controlPlane.registered).hasSize(1);
  }

  @Test
  void aSupersededOneStops() {
    controlPlane.keepAliveStatus = KeepAliveResponse.Status.SUPERSEDED;
    loop.execute(() -> registrar.connected(channel));
    await().until(() -> state() == Registrar.State.SUPERSEDED);

    loop.execute(
        () -> {
          registrar.disconnected();
          registrar.connected(channel);
        });

    assertThat(state()).isEqualTo(Registrar.State.SUPERSEDED);
    assertThat(controlPlane.registered).hasSize(1);
  }

  @Test
  void leavingAwaitsTheSubscribersAndIsForGood() throws Exception {
    loop.execute(() -> registrar.connected(channel));
    await().until(() -> state() == Registrar.State.REGISTERED);

    var outcome = new CompletableFuture<String>();
    loop.execute(() -> registrar.leave(5000, outcome::complete));

    assertThat(outcome.get(60, TimeUnit.SECONDS)).isEqualTo("every subscriber knows");
    assertThat(controlPlane.deregistered.getFirst().getAwaitSubscribersMillis()).isEqualTo(5000);
    assertThat(controlPlane.deregistered.getFirst().getIncarnation()).isEqualTo("mine");
    loop.execute(() -> registrar.connected(channel));
    assertThat(state()).isEqualTo(Registrar.State.LEFT);
    assertThat(controlPlane.registered).hasSize(1);
  }

  @Test
  void leavingWithoutAControlPlaneDoesNotWait() throws Exception {
    var outcome = new CompletableFuture<String>();
    loop.execute(() -> registrar.leave(600_000, outcome::complete));

    assertThat(outcome.get(60, TimeUnit.SECONDS)).contains("no control plane");
  }

  private long readinessOfBeats(Readiness readiness) {
    return controlPlane.heartbeats.stream()
        .map(KeepAliveRequest::getReadiness)
        .filter(readiness::equals)
        .count();
  }

  private Registrar.State state() {
    try {
      return loop.submit(registrar::state).get();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }
}
