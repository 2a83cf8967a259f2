package dev.weft.controlplane.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.proto.discovery.v1.DiscoveryRequest;
import dev.weft.proto.discovery.v1.DiscoveryServiceGrpc;
import dev.weft.proto.discovery.v1.Endpoint;
import dev.weft.proto.discovery.v1.Resource;
import dev.weft.proto.mesh.v1.ListNodesRequest;
import dev.weft.proto.mesh.v1.ListNodesResponse;
import dev.weft.proto.mesh.v1.MeshServiceGrpc;
import dev.weft.proto.mesh.v1.NodeStatus;
import dev.weft.proto.mesh.v1.Trouble;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.InstancePort;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.KeepAliveResponse;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.proto.registry.v1.RegisterRequest;
import dev.weft.proto.registry.v1.RegistryServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hostile callers of a real control plane over real sockets, beside a sidecar that behaves: what
 * changes goes on to reach that one, and whoever harms is named with the reason.
 */
class HostilePeersTest {
  private static final ResourceKey CATALOG = ResourceKey.virtualHost("default", "catalog");
  private static final ResourceKey LARGE = ResourceKey.virtualHost("default", "large");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String FLOODER = "127.0.0.2";

  @TempDir private Path directory = Path.of("");
  private final List<AutoCloseable> open = new ArrayList<>();
  private ControlPlane controlPlane;
  private ManagedChannel channel;
  private TestSidecar good;
  private int changes;

  @BeforeEach
  void start() {
    controlPlane =
        ControlPlane.start(
            ControlPlaneOptions.embedded(directory.resolve("store"))
                .withPorts(0, 0)
                .withInstanceTtl(Duration.ofMinutes(10)));
    open.add(controlPlane);
    controlPlane.ready().join();
    channel = channel(1 << 20);
    register(instance("catalog", "catalog-0"));
    good = TestSidecar.connect(channel, "good", CATALOG).answeringAtOnce();
    await().atMost(PATIENCE).until(() -> endpoints().contains("catalog-0"));
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  @Test
  void whoDoesNotReadAndWhoDoesNotAnswerHoldOneResponseEachAndAreNamed() {
    for (int i = 0; i < 60; i++) {
      Instance.Builder large = instance("large", "large-" + i);
      for (int j = 0; j < 60; j++) {
        large.putLabels("label-" + j, "x".repeat(250));
      }
      register(large);
    }
    TestSidecar deaf = TestSidecar.connectWithoutReading(channel(64 << 10), "deaf", LARGE);
    TestSidecar mute = TestSidecar.connect(channel(1 << 20), "mute", LARGE);
    for (int i = 0; i < 20; i++) {
      aChangeArrives();
      register(instance("large", "large-" + i));
    }

    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(troubles("deaf")).extracting(Trouble::getLimit).contains("read-time");
              assertThat(troubles("mute")).extracting(Trouble::getLimit).contains("answer-time");
            });
    assertThat(troubles("deaf").getFirst().getMessage())
        .contains("has not read for")
        .contains("stands still");
    assertThat(node("deaf").getResponsesSent()).isEqualTo(1);
    assertThat(node("mute").getResponsesSent()).isEqualTo(1);
    assertThat(troubles("good")).isEmpty();
    assertThat(metric("weft_discovery_unread_bytes")).isBetween(1.0, 2.5e6);
    aChangeArrives();

    deaf.hangUp();
    mute.hangUp();
    await().atMost(PATIENCE).until(() -> metric("weft_discovery_unread_bytes") == 0);
    assertThat(nodes().getTroublesList())
        .extracting(Trouble::getPeer)
        .contains("default/deaf", "default/mute");
  }

  @Test
  void namesByTheHundredThousandEndOneStreamAndLeaveNothing() {
    TestSidecar greedy = TestSidecar.connect(channel, "greedy");
    var request = DiscoveryRequest.newBuilder();
    for (int i = 0; i < 500_000; i++) {
      request.addSubscribe(ResourceKey.virtualHost("default", "n" + i).toMessage());
    }
    greedy.send(request.build());
    await().atMost(PATIENCE).until(() -> greedy.ended() != null);
    aChangeArrives();

    assertThat(greedy.ended())
        .extracting(Status::getCode)
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(metric("weft_discovery_subscriptions")).isEqualTo(1);
    assertThat(metric("weft_peer_limit_reached_total{limit=\"names\"}")).isEqualTo(1);
    assertThat(controlPlane.metricsText())
        .contains("weft_peer_trouble{limit=\"names\",peer=\"default/greedy\"} 1");

    // As many as are allowed, none of them known: followed a few at a time.
    TestSidecar large = TestSidecar.connect(channel, "large").answeringAtOnce();
    var allowed = DiscoveryRequest.newBuilder();
    for (int i = 0; i < 9_000; i++) {
      allowed.addSubscribe(ResourceKey.virtualHost("default", "n" + i).toMessage());
    }
    large.send(allowed.build());
    aChangeArrives();
    await().atMost(PATIENCE).until(() -> large.inForce().size() == 9_000);
    assertThat(good.ended()).isNull();
  }

  @Test
  void garbageEndsItsOwnCallWithAReason() throws Exception {
    byte[] garbage = "GET / HTTP/1.1\r\nHost: weft\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    Status stream = send(garbage, DiscoveryServiceGrpc.getStreamResourcesMethod());
    Status unary = send(garbage, RegistryServiceGrpc.getRegisterMethod());
    Status large = send(new byte[200_000], RegistryServiceGrpc.getRegisterMethod());

    assertThat(stream.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(stream.getDescription()).contains("StreamResources cannot be read");
    assertThat(unary.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(large.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(large.getDescription()).contains("larger than 128 KiB (limit registry-message)");
    assertThat(metric("weft_peer_limit_reached_total{limit=\"malformed\"}")).isEqualTo(2);
    assertThat(nodes().getTroublesList())
        .extracting(Trouble::getLimit)
        .contains("malformed", "registry-message");
    aChangeArrives();
  }

  @Test
  void whoSubscribesAndUnsubscribesInALoopGetsItsShareOnly() {
    var going = new AtomicBoolean(true);
    var churning = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < 3; i++) {
      TestSidecar churn = TestSidecar.connect(channel(1 << 20), "churn-" + i).answeringAtOnce();
      churning.add(CompletableFuture.runAsync(() -> churn(churn, going)));
    }
    try {
      await()
          .atMost(PATIENCE)
          .until(() -> metric("weft_peer_limit_reached_total{limit=\"engine-share\"}") > 0);
      for (int i = 0; i < 20; i++) {
        aChangeArrives();
      }
      assertThat(troubles("good")).isEmpty();
    } finally {
      going.set(false);
    }
    churning.forEach(each -> each.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join());
  }

  private static void churn(TestSidecar sidecar, AtomicBoolean going) {
    for (int round = 0; going.get() && sidecar.ended() == null && round < 10_000; round++) {
      ResourceKey[] names = new ResourceKey[200];
      for (int i = 0; i < names.length; i++) {
        names[i] = ResourceKey.virtualHost("default", "n" + round + "-" + i);
      }
      sidecar.subscribe(names);
      sidecar.unsubscribe(names);
      try {
        sidecar.awaitTurn();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @Test
  void sessionsThatAreOpenedAndDroppedInALoopLeaveNothing() {
    long begin = System.nanoTime();
    String incarnation = register(instance("catalog", "catalog-loop"));
    KeepAliveRequest heartbeat =
        KeepAliveRequest.newBuilder()
            .setNamespace("default")
            .setId("catalog-loop")
            .setIncarnation(incarnation)
            .build();
    for (int i = 0; i < 300; i++) {
      var heard = new CompletableFuture<KeepAliveResponse>();
      StreamObserver<KeepAliveRequest> stream =
          RegistryServiceGrpc.newStub(channel).keepAlive(new First<>(heard));
      stream.onNext(heartbeat);
      heard.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
      stream.onCompleted();
    }
    aChangeArrives();

    await().atMost(PATIENCE).until(() -> metric("weft_sessions") == 0);
    double seconds = (System.nanoTime() - begin) / 1e9;
    // What begins and ends meanwhile goes together, and most of it not at all.
    assertThat(metric("weft_session_writes_total")).isLessThan(50 * seconds + 10);
  }

  @Test
  void aHostThatFloodsWithRegistrationsIsRefusedAndNamedAndHoldsNobodyUp() throws Exception {
    try (var flood = new RegistrationFlood(FLOODER, controlPlane.grpcPort())) {
      await()
          // What ten seconds allow may come at once.
          .atMost(PATIENCE.multipliedBy(2))
          .until(() -> metric("weft_peer_limit_reached_total{limit=\"registrations\"}") > 0);
      for (int i = 0; i < 20; i++) {
        // Of another host, beside the flood, which goes on.
        long refused = flood.refused();
        aChangeArrives();
        await().atMost(PATIENCE).until(() -> flood.refused() > refused);
      }
    }

    assertThat(nodes().getTroublesList())
        .filteredOn(trouble -> trouble.getLimit().equals("registrations"))
        .singleElement()
        .satisfies(
            trouble -> {
              assertThat(trouble.getPeer()).isEqualTo(FLOODER);
              assertThat(trouble.getMessage()).contains("more than 500/s");
            });
    assertThat(controlPlane.metricsText())
        .contains("weft_peer_trouble{limit=\"registrations\",peer=\"" + FLOODER + "\"} 1");
    assertThat(troubles("good")).isEmpty();
    assertThat(good.ended()).isNull();
  }

  /** Something new reaches the one that behaves, in time. */
  private void aChangeArrives() {
    changes++;
    String id = "catalog-" + changes;
    register(instance("catalog", id));
    await().atMost(PATIENCE).until(() -> endpoints().contains(id));
  }

  private List<String> endpoints() {
    return good.inForce().values().stream()
        .filter(Resource::hasEndpointSlice)
        .flatMap(slice -> slice.getEndpointSlice().getEndpointsList().stream())
        .map(Endpoint::getId)
        .toList();
  }

  private List<Trouble> troubles(String id) {
    return node(id).getTroublesList();
  }

  private NodeStatus node(String id) {
    return nodes().getNodesList().stream()
        .filter(node -> node.getNode().getId().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private ListNodesResponse nodes() {
    return MeshServiceGrpc.newBlockingStub(channel)
        .listNodes(ListNodesRequest.getDefaultInstance());
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

  private String register(Instance.Builder instance) {
    return RegistryServiceGrpc.newBlockingStub(channel)
        .register(RegisterRequest.newBuilder().setInstance(instance).build())
        .getIncarnation();
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

  private ManagedChannel channel(int window) {
    ManagedChannel made =
        NettyChannelBuilder.forAddress("127.0.0.1", controlPlane.grpcPort())
            .initialFlowControlWindow(window)
            .usePlaintext()
            .build();
    open.add(made::shutdownNow);
    return made;
  }

  /** Sends bytes where a message is expected; how the call ends. */
  private Status send(byte[] bytes, MethodDescriptor<?, ?> method) throws Exception {
    MethodDescriptor<byte[], byte[]> raw =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(method.getType())
            .setFullMethodName(method.getFullMethodName())
            .setRequestMarshaller(new Raw())
            .setResponseMarshaller(new Raw())
            .build();
    var ended = new CompletableFuture<Status>();
    ClientCall<byte[], byte[]> call = channel.newCall(raw, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(status);
          }
        },
        new Metadata());
    call.request(1);
    call.sendMessage(bytes);
    call.halfClose();
    return ended.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** Bytes as they are. */
  private static final class Raw implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      return new byte[0];
    }
  }

  /** The first that comes. */
  private record First<T>(CompletableFuture<T> message) implements StreamObserver<T> {
    @Override
    public void onNext(T value) {
      message.complete(value);
    }

    @Override
    public void onError(Throwable failure) {
      message.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {}
  }
}
