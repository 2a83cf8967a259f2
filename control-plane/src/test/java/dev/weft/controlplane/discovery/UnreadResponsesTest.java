package dev.weft.controlplane.discovery;

import static dev.weft.controlplane.registry.TestMesh.instance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.discovery.loop.EngineThread;
import dev.weft.controlplane.discovery.pace.StreamLimits;
import dev.weft.controlplane.registry.TestMesh;
import dev.weft.proto.mesh.v1.Trouble;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Over real sockets: what nobody reads is bounded, and given up when its time has come. */
class UnreadResponsesTest {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration MOMENT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final long LITTLE = 100_000;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final TestMesh mesh = new TestMesh();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  @Test
  void whoDoesNotReadForTooLongIsCutOffAndWhatItWasSentIsGivenUp() throws IOException {
    DiscoveryEngine engine =
        start(new StreamLimits(100, 1_000, 1 << 30, MOMENT, MOMENT.multipliedBy(3)));
    int port = serve(engine);
    TestSidecar deaf = TestSidecar.connectWithoutReading(channel(port), "deaf", CATALOG);
    await().atMost(PATIENCE).until(() -> unread() > 0);

    await().atMost(PATIENCE).until(() -> unread() == 0);
    assertGivenUp(deaf);
    assertThat(troubles(engine))
        .singleElement()
        .satisfies(
            trouble -> {
              assertThat(trouble.getPeer()).isEqualTo("default/deaf");
              assertThat(trouble.getLimit()).isEqualTo("read-time");
              assertThat(trouble.getMessage()).contains("has not read for");
            });
  }

  @Test
  void whenTooMuchIsUnreadWhoHasNotReadForLongestMakesRoom() throws IOException {
    DiscoveryEngine engine = start(new StreamLimits(100, 1_000, LITTLE, MOMENT, LONG));
    int port = serve(engine);
    TestSidecar deaf = TestSidecar.connectWithoutReading(channel(port), "deaf", CATALOG);
    await().atMost(PATIENCE).until(() -> unread() > LITTLE);
    TestSidecar good = TestSidecar.connect(channel(port), "good", CATALOG).answeringAtOnce();

    await().atMost(PATIENCE).until(() -> good.inForce().containsKey(CATALOG));
    assertGivenUp(deaf);
    assertThat(good.ended()).isNull();
    assertThat(troubles(engine)).extracting(Trouble::getLimit).contains("unread");
  }

  /** It reads at last: what it was sent is not there any more, not even behind the rest. */
  private static void assertGivenUp(TestSidecar deaf) {
    deaf.read(1);
    await().atMost(PATIENCE).until(() -> deaf.ended() != null);
    assertThat(Objects.requireNonNull(deaf.ended()).getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(deaf.responses()).isEmpty();
  }

  private DiscoveryEngine start(StreamLimits limits) {
    DiscoveryOptions usual = DiscoveryOptions.DEFAULT;
    var engine =
        new DiscoveryEngine(
            new EngineThread(),
            meters,
            new DiscoveryOptions(
                usual.clusterDomain(),
                usual.maxSubscriptions(),
                usual.maxHeld(),
                usual.maxResponseBytes(),
                usual.ackTimeout(),
                usual.quiet(),
                usual.maxBatch(),
                usual.awaitedGap(),
                limits,
                usual.storeGrace()));
    open.add(engine);
    for (int i = 0; i < 2_000; i++) {
      mesh.put(instance("catalog", "catalog-" + i).putLabels("text", "x".repeat(200)));
    }
    engine.onChange(mesh.commit());
    return engine;
  }

  private int serve(DiscoveryEngine engine) throws IOException {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(engine.service())
            .build()
            .start();
    open.add(server::shutdownNow);
    return server.getPort();
  }

  private ManagedChannel channel(int port) {
    ManagedChannel made =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .initialFlowControlWindow(64 << 10)
            .usePlaintext()
            .build();
    open.add(made::shutdownNow);
    return made;
  }

  private double unread() {
    return meters.get("weft.discovery.unread").gauge().value();
  }

  private static List<Trouble> troubles(DiscoveryEngine engine) {
    return engine.listNodes().join().getTroublesList();
  }
}
