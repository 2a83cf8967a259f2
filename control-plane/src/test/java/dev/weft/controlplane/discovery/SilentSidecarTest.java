package dev.weft.controlplane.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sidecars whose processes stand still keep their connections, and read and say nothing: the
 * control plane forgets streams and connections, and whoever is well notices nothing.
 */
class SilentSidecarTest {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final ResourceKey LARGE = ResourceKey.virtualHost("default", "large");
  private static final Duration FORGOTTEN = Duration.ofSeconds(20);
  private static final int INSTANCES = 60;
  private static final int WINDOW = 16 << 20;

  @TempDir private Path directory = Path.of("");
  private final List<AutoCloseable> open = new ArrayList<>();
  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private ControlPlane controlPlane;
  private TestSidecar well;
  private ManagedChannel channelOfWell;

  @BeforeEach
  void start() {
    open.add(() -> loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync());
    controlPlane =
        ControlPlane.start(
            ControlPlaneOptions.embedded(directory.resolve("store"))
                .withPorts(0, 0)
                .withInstanceTtl(Duration.ofMinutes(10)));
    open.add(controlPlane);
    controlPlane.ready().join();
    channelOfWell =
        NettyChannelBuilder.forAddress("127.0.0.1", controlPlane.grpcPort()).usePlaintext().build();
    open.add(channelOfWell::shutdownNow);
    register(instance("catalog", "catalog-0"));
    well = TestSidecar.connect(channelOfWell, "well", CATALOG).answeringAtOnce();
    await().until(() -> well.inForce().toString().contains("catalog-0"));
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  @Test
  void nothingIsKeptOfThem() {
    StoppedSidecar idle = new StoppedSidecar("idle");
    idle.standStill();

    StoppedSidecar behind = new StoppedSidecar("behind");
    behind.standStill();
    for (int i = 0; i < INSTANCES; i++) {
      Instance.Builder large = instance("large", "large-" + i);
      for (int j = 0; j < 60; j++) {
        large.putLabels("label-" + j, "x".repeat(250));
      }
      register(large);
    }
    well.subscribe(LARGE);
    await().until(() -> well.inForce().toString().contains("large-" + (INSTANCES - 1)));
    // More than the buffers of both sockets take, so that not even a farewell would leave.
    for (int i = 0; i < 8; i++) {
      TestSidecar.connect(behind.channel, "behind-" + i, LARGE);
    }
    await().until(() -> metric("weft_discovery_unread_bytes") > 1 << 20);
    assertThat(metric("weft_peer_connections")).isEqualTo(3);

    await()
        .atMost(FORGOTTEN)
        .untilAsserted(
            () -> {
              assertThat(metric("weft_discovery_streams")).isEqualTo(1);
              assertThat(metric("weft_peer_connections")).isEqualTo(1);
              assertThat(metric("weft_discovery_unread_bytes")).isZero();
            });
    register(instance("catalog", "catalog-1"));
    await().until(() -> well.inForce().toString().contains("catalog-1"));
    assertThat(well.ended()).isNull();
  }

  private double metric(String name) {
    return controlPlane
        .metricsText()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(Double.NaN);
  }

  private void register(Instance.Builder instance) {
    RegistryServiceGrpc.newBlockingStub(channelOfWell)
        .register(RegisterRequest.newBuilder().setInstance(instance).build());
  }

  private static Instance.Builder instance(String service, String id) {
    return Instance.newBuilder()
        .setId(id)
        .setNamespace("default")
        .setService(service)
        .setAddress("127.0.0.1")
        .setReadiness(Readiness.READY)
        .addPorts(InstancePort.newBuilder().setServicePort(80).setPort(8080));
  }

  /** A sidecar of which the network sees what it sees of a stopped process. */
  private final class StoppedSidecar {
    private final AtomicReference<Channel> socket = new AtomicReference<>();
    private final ManagedChannel channel;

    /** With one stream that is accepted. */
    StoppedSidecar(String id) {
      channel =
          NettyChannelBuilder.forAddress("127.0.0.1", controlPlane.grpcPort())
              .channelFactory(
                  () -> {
                    var made = new NioSocketChannel();
                    socket.set(made);
                    return made;
                  })
              .eventLoopGroup(loop)
              .withOption(ChannelOption.SO_RCVBUF, 4096)
              .initialFlowControlWindow(WINDOW)
              .usePlaintext()
              .build();
      open.add(channel::shutdownNow);
      TestSidecar sidecar = TestSidecar.connect(channel, id, CATALOG).answeringAtOnce();
      await().until(() -> sidecar.inForce().toString().contains("catalog-0"));
    }

    /** It reads nothing any more; its kernel goes on to acknowledge what there is room for. */
    void standStill() {
      Channel stopped = Objects.requireNonNull(socket.get());
      // On its loop, between two reads: the end of one under way would begin the next.
      stopped.eventLoop().submit(() -> stopped.config().setAutoRead(false)).syncUninterruptibly();
    }
  }
}
