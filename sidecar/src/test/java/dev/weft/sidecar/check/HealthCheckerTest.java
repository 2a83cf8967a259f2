package dev.weft.sidecar.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.Locality;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.ClusterSet;
import dev.weft.sidecar.cluster.EndpointStatus;
import dev.weft.sidecar.cluster.EndpointStatus.Health;
import dev.weft.sidecar.cluster.Stat;
import dev.weft.sidecar.proxy.Leaks;
import dev.weft.sidecar.tls.ClientContexts;
import dev.weft.testkit.TestCa;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ServerCalls;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Active checks against real servers; time passes when the test says so. */
class HealthCheckerTest {
  private static final long SECOND = 1_000_000_000L;
  private static final String NAME = "catalog.default:80";

  private final List<AutoCloseable> resources = new ArrayList<>();
  private final AtomicLong clock = new AtomicLong(5 * SECOND);
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop loop = (EventLoop) group.next();
  private final ClusterSet clusters = new ClusterSet(1, clock::get, new Random(1));
  private final HealthChecker checker =
      new HealthChecker(
          clusters, loop, NioSocketChannel.class, clock::get, new Random(2), bound -> {});

  private final TestCa ca = new TestCa("authority");
  private final ClientContexts contexts = new ClientContexts(InstantSource.system());

  @BeforeEach
  void secure() {
    checker.secure(contexts);
  }

  @AfterEach
  void close() throws Exception {
    onLoop(
        () -> {
          checker.close();
          return null;
        });
    for (AutoCloseable resource : resources) {
      resource.close();
    }
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    contexts.close();
    Leaks.assertNone();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anHttpEndpointIsHealthyAsLongAsItAnswersWell(boolean overTls) throws Exception {
    var status = new AtomicInteger(200);
    configure(
        http(), List.of(httpServer(overTls, status)), overTls ? tls("catalog.example") : null);
    assertThat(status(0).health()).isEqualTo(Health.UNCHECKED);
    tickUntilChecked(1);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);

    status.set(503);
    nextChecks(2);
    assertThat(status(0).health()).isEqualTo(Health.UNHEALTHY);
    assertThat(status(0).reason()).isEqualTo("active check: status 503, expected 200 to 299");

    status.set(204);
    nextChecks(2);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);
  }

  @Test
  void onlyTheExpectedStatusesAreGood() throws Exception {
    var status = new AtomicInteger(401);
    var config = new HealthCheckConfig("/health", List.of(401), SECOND, SECOND, 2, 2, null);
    configure(config, List.of(httpServer(status)));
    tickUntilChecked(1);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);
    status.set(200);
    nextChecks(2);
    assertThat(status(0).reason()).isEqualTo("active check: status 200, expected one of [401]");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGrpcEndpointIsHealthyAsLongAsItsServiceIsServing(boolean overTls) throws Exception {
    var health = new HealthStatusManager();
    health.setStatus("shop.v1.Catalog", ServingStatus.SERVING);
    int port = grpcServer(overTls, health.getHealthService());
    configure(grpc("shop.v1.Catalog"), List.of(port), overTls ? tls("catalog.example") : null);
    tickUntilChecked(1);
    assertThat(status(0).reason()).isEmpty();
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);

    health.setStatus("shop.v1.Catalog", ServingStatus.NOT_SERVING);
    nextChecks(2);
    assertThat(status(0).health()).isEqualTo(Health.UNHEALTHY);
    assertThat(status(0).reason()).isEqualTo("active check: NOT_SERVING");

    health.setStatus("shop.v1.Catalog", ServingStatus.SERVING);
    nextChecks(2);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);
  }

  @Test
  void aGrpcEndpointThatDoesNotAnswerSoFails() throws Exception {
    int closed;
    try (var gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = gone.getLocalPort();
    }
    configure(
        grpc(""),
        List.of(
            closed,
            grpcServer(false, ServerServiceDefinition.builder("other").build()),
            httpServer(new AtomicInteger(200)),
            serverThatSays("SSH-2.0-OpenSSH_9.6\r\n"),
            grpcServer(false, healthThatSays(5000)),
            grpcServer(false, healthThatSays(3))),
        null);
    tickUntilChecked(6);
    assertThat(reasons())
        .satisfiesExactly(
            reason -> assertThat(reason).startsWith("active check: connect: "),
            reason -> assertThat(reason).startsWith("active check: gRPC status UNIMPLEMENTED: "),
            reason -> assertThat(reason).startsWith("active check: the answer is not HTTP/2"),
            reason -> assertThat(reason).startsWith("active check: the answer is not HTTP/2"),
            reason ->
                assertThat(reason).isEqualTo("active check: an answer of more than 4096 bytes"),
            reason ->
                assertThat(reason)
                    .isEqualTo("active check: a response that is not one of grpc.health.v1"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoCannotBeVerifiedIsNotHealthy(boolean overGrpc) throws Exception {
    var health = new HealthStatusManager();
    configure(
        overGrpc ? grpc("") : http(),
        List.of(
            overGrpc
                ? grpcServer(true, health.getHealthService())
                : httpServer(true, new AtomicInteger(200)),
            serverThatSays("SSH-2.0-OpenSSH_9.6\r\n")),
        tls("other.example"));
    tickUntilChecked(2);
    assertThat(status(0).reason())
        .startsWith("active check: TLS: ")
        .contains("its certificate is for catalog.example: expected other.example");
    assertThat(status(1).reason()).startsWith("active check: TLS: ");
  }

  /** Nobody is behind a check, so that the header has no addresses. */
  @ParameterizedTest
  @CsvSource({"true,PRI", "false,GET"})
  void aHeaderComesFirstWhereOneIsToBeSent(boolean overGrpc, String next) throws Exception {
    var received = new LinkedBlockingQueue<String>();
    int port = serverThatSays("", 19, received::add);
    configure(overGrpc ? grpc("") : http(), List.of(port), null, ProxyProtocol.V2);
    tick();
    assertThat(received.poll(10, TimeUnit.SECONDS))
        .isEqualTo("\r\n\r\n\0\r\nQUIT\n\40\0\0\0" + next);
  }

  /** A server of that service, whose certificate is for catalog.example. */
  private int grpcServer(boolean overTls, BindableService service) throws IOException {
    return grpcServer(overTls, service.bindService());
  }

  private int grpcServer(boolean overTls, ServerServiceDefinition service) throws IOException {
    var builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(service);
    if (overTls) {
      TestCa.Issued issued = ca.issue("server", "catalog.example");
      builder.useTransportSecurity(
          new ByteArrayInputStream(issued.certificatePem().getBytes(StandardCharsets.US_ASCII)),
          new ByteArrayInputStream(issued.keyPem().getBytes(StandardCharsets.US_ASCII)));
    }
    Server server = builder.build().start();
    resources.add(() -> server.shutdownNow().awaitTermination());
    return server.getPort();
  }

  /** Answers a check with so many bytes that mean nothing. */
  private static ServerServiceDefinition healthThatSays(int length) {
    var bytes =
        new MethodDescriptor.Marshaller<byte[]>() {
          @Override
          public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
          }

          @Override
          public byte[] parse(InputStream stream) {
            return new byte[0];
          }
        };
    var method =
        MethodDescriptor.newBuilder(bytes, bytes)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("grpc.health.v1.Health/Check")
            .build();
    byte[] answer = new byte[length];
    Arrays.fill(answer, (byte) 0xff);
    return ServerServiceDefinition.builder("grpc.health.v1.Health")
        .addMethod(
            method,
            ServerCalls.asyncUnaryCall(
                (request, out) -> {
                  out.onNext(answer);
                  out.onCompleted();
                }))
        .build();
  }

  private UpstreamTlsConfig tls(String name) {
    return new UpstreamTlsConfig(
        name, List.of(), ca.certificatePem(), false, UpstreamTlsConfig.TlsVersion.TLS_1_2);
  }

  private static HealthCheckConfig grpc(String service) {
    return new HealthCheckConfig(null, List.of(), SECOND, SECOND, 2, 2, service);
  }

  @Test
  void aTcpEndpointIsHealthyIfItAccepts() throws Exception {
    int open = silentServer().getLocalPort();
    int closed;
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = server.getLocalPort();
    }
    configure(tcp(), List.of(open, closed));
    tickUntilChecked(2);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);
    assertThat(status(1).health()).isEqualTo(Health.UNHEALTHY);
    assertThat(status(1).reason()).startsWith("active check: connect: ");
  }

  @Test
  void anEndpointThatDoesNotAnswerInTimeFails() throws Exception {
    configure(http(), List.of(silentServer().getLocalPort()));
    tick();
    clock.addAndGet(SECOND);
    tickUntilChecked(1);
    assertThat(status(0).reason()).isEqualTo("active check: no answer within 1000 ms");
  }

  @Test
  void anAnswerThatIsNotHttpFails() throws Exception {
    configure(http(), List.of(serverThatSays("SSH-2.0-OpenSSH_9.6\r\n")));
    tickUntilChecked(1);
    assertThat(status(0).reason()).isEqualTo("active check: the answer is not HTTP/1.1");
  }

  @Test
  void aConnectionThatIsClosedWithoutAnAnswerFails() throws Exception {
    configure(http(), List.of(serverThatSays("HTTP/1.1")));
    tickUntilChecked(1);
    assertThat(status(0).reason())
        .isEqualTo("active check: the connection was closed without an answer");
  }

  @Test
  void nothingIsCheckedBeforeItsTime() throws Exception {
    configure(http(), List.of(httpServer(new AtomicInteger(200))));
    tickUntilChecked(1);
    clock.addAndGet(SECOND * 8 / 10);
    tick();
    assertThat(running()).isZero();
    clock.addAndGet(SECOND * 3 / 10);
    tickUntilChecked(2);
  }

  @Test
  void onlySoManyChecksRunAtATime() throws Exception {
    int silent = silentServer().getLocalPort();
    var ports = new ArrayList<Integer>();
    for (int i = 0; i < HealthChecker.MAX_RUNNING + 10; i++) {
      ports.add(silent);
    }
    configure(http(), ports);
    tick();
    assertThat(running()).isEqualTo(HealthChecker.MAX_RUNNING);
    clock.addAndGet(SECOND);
    tick();
    assertThat(running()).isEqualTo(10);
    assertThat(checked()).isEqualTo(HealthChecker.MAX_RUNNING);
  }

  @Test
  void checksEndWithTheClusterOrItsConfiguration() throws Exception {
    configure(http(), List.of(silentServer().getLocalPort()));
    tick();
    assertThat(running()).isEqualTo(1);
    configure(null, List.of(8080));
    tick();
    assertThat(running()).isZero();
    clock.addAndGet(60 * SECOND);
    tick();
    assertThat(running()).isZero();
    assertThat(checked()).isZero();
    configure(http(), List.of(silentServer().getLocalPort()));
    tick();
    assertThat(running()).isEqualTo(1);
    onLoop(
        () -> {
          clusters.retire(ConfigSnapshot.EMPTY);
          return null;
        });
    tick();
    assertThat(running()).isZero();
  }

  @Test
  void anEndpointWhoseEjectionHasEndedIsCheckedAtOnce() throws Exception {
    int port = httpServer(new AtomicInteger(200));
    configure(
        new HealthCheckConfig("/health", List.of(), 60 * SECOND, SECOND, 2, 2, null),
        List.of(port, port));
    tickUntilChecked(2);
    onLoop(
        () -> {
          var endpoint = cluster().endpoints().iterator().next();
          for (int i = 0; i < 5; i++) {
            endpoint.onConnectFailure(0, clock.get());
          }
          clusters.fold();
          return null;
        });
    assertThat(status(0).health()).isEqualTo(Health.EJECTED);
    clock.addAndGet(5 * SECOND);
    onLoop(
        () -> {
          clusters.fold();
          return null;
        });
    assertThat(status(0).health()).isEqualTo(Health.PROBING);
    tickUntilChecked(3);
    assertThat(status(0).health()).isEqualTo(Health.HEALTHY);
  }

  private static HealthCheckConfig http() {
    return new HealthCheckConfig("/health", List.of(), SECOND, SECOND, 2, 2, null);
  }

  private static HealthCheckConfig tcp() {
    return new HealthCheckConfig(null, List.of(), SECOND, SECOND, 2, 2, null);
  }

  private void configure(@Nullable HealthCheckConfig check, List<Integer> ports) throws Exception {
    configure(check, ports, null);
  }

  private void configure(
      @Nullable HealthCheckConfig check, List<Integer> ports, @Nullable UpstreamTlsConfig tls)
      throws Exception {
    configure(check, ports, tls, ProxyProtocol.OFF);
  }

  private void configure(
      @Nullable HealthCheckConfig check,
      List<Integer> ports,
      @Nullable UpstreamTlsConfig tls,
      ProxyProtocol header)
      throws Exception {
    contexts.update(tls == null ? Set.of() : Set.of(tls));
    var endpoints = new ArrayList<EndpointConfig>();
    for (int i = 0; i < ports.size(); i++) {
      endpoints.add(
          new EndpointConfig(
              "catalog-" + i,
              "1",
              "127.0.0.1",
              ports.get(i),
              1,
              Locality.UNKNOWN,
              false,
              Set.of(),
              "",
              Map.of()));
    }
    var config =
        new ClusterConfig(
            NAME,
            "catalog",
            "default",
            80,
            LoadBalancerType.ROUND_ROBIN,
            OutlierConfig.DEFAULT,
            check,
            LimitsConfig.DEFAULT,
            List.of("0"),
            List.of(),
            null,
            tls,
            header,
            ClusterConfig.DEFAULT_IDLE);
    var snapshot =
        new ConfigSnapshot(Map.of(), Map.of(NAME, config), Map.of("0", endpoints), Map.of(), 1);
    onLoop(
        () -> {
          clusters.update(snapshot);
          return null;
        });
  }

  private int httpServer(AtomicInteger status) throws IOException {
    return httpServer(false, status);
  }

  private int httpServer(boolean overTls, AtomicInteger status) throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    HttpServer server;
    if (overTls) {
      HttpsServer secured = HttpsServer.create(address, 16);
      secured.setHttpsConfigurator(
          new HttpsConfigurator(ca.sslContext(ca.issue("server", "catalog.example"))));
      server = secured;
    } else {
      server = HttpServer.create(address, 16);
    }
    server.createContext(
        "/health",
        exchange -> {
          boolean addressed =
              Objects.equals(exchange.getRequestHeaders().getFirst("host"), "catalog.default");
          exchange.sendResponseHeaders(addressed ? status.get() : 400, -1);
          exchange.close();
        });
    server.start();
    resources.add(() -> server.stop(0));
    return server.getAddress().getPort();
  }

  /** Accepts (by its backlog) and never answers. */
  private ServerSocket silentServer() throws IOException {
    var server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    resources.add(server);
    return server;
  }

  private int serverThatSays(String answer) throws IOException {
    return serverThatSays(answer, 10, received -> {});
  }

  private int serverThatSays(String answer, int after, Consumer<String> received)
      throws IOException {
    ServerSocket server = silentServer();
    var executor = Executors.newSingleThreadExecutor();
    resources.add(executor::shutdownNow);
    executor.submit(
        () -> {
          try (Socket socket = server.accept()) {
            byte[] first = socket.getInputStream().readNBytes(after);
            received.accept(new String(first, StandardCharsets.ISO_8859_1));
            socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            socket.getInputStream().readAllBytes();
          }
          return null;
        });
    return server.getLocalPort();
  }

  /** As many checks, one after the other, each when it is due. */
  private void nextChecks(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      clock.addAndGet(2 * SECOND);
      tickUntilChecked(checked() + 1);
    }
  }

  private void tickUntilChecked(long total) throws Exception {
    tick();
    await().untilAsserted(() -> assertThat(checked()).isEqualTo(total));
  }

  private void tick() throws Exception {
    onLoop(
        () -> {
          checker.tick();
          return null;
        });
  }

  private int running() throws Exception {
    return onLoop(checker::running);
  }

  private long checked() throws Exception {
    return onLoop(() -> cluster().total(Stat.CHECK_TOTAL));
  }

  private List<String> reasons() throws Exception {
    return onLoop(
        () ->
            clusters.status().getFirst().endpoints().stream().map(EndpointStatus::reason).toList());
  }

  private EndpointStatus status(int index) throws Exception {
    return onLoop(() -> clusters.status().getFirst().endpoints().get(index));
  }

  private Cluster cluster() {
    return Objects.requireNonNull(clusters.find(NAME));
  }

  private <T extends @Nullable Object> T onLoop(Callable<T> action) throws Exception {
    return loop.submit(action).get();
  }
}
