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
import dev.weft.sidecar.cluster.Stat;
import dev.weft.sidecar.tls.ClientContexts;
import dev.weft.testkit.RefusedPort;
import dev.weft.testkit.TestCa;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * A checker on an event loop of its own, and real servers to check; time passes when the test says
 * so.
 */
abstract class HealthCheckFixture {
  static final long SECOND = 1_000_000_000L;
  private static final String NAME = "catalog.default:80";

  private final List<AutoCloseable> resources = new ArrayList<>();
  final AtomicLong clock = new AtomicLong(5 * SECOND);
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop loop = (EventLoop) group.next();
  final ClusterSet clusters = new ClusterSet(1, clock::get, new Random(1));
  private final HealthChecker checker =
      new HealthChecker(
          clusters, loop, NioSocketChannel.class, clock::get, new Random(2), bound -> {});

  final TestCa ca = new TestCa("authority");
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
  }

  static HealthCheckConfig http() {
    return new HealthCheckConfig("/health", List.of(), SECOND, SECOND, 2, 2, null);
  }

  static HealthCheckConfig tcp() {
    return new HealthCheckConfig(null, List.of(), SECOND, SECOND, 2, 2, null);
  }

  static HealthCheckConfig grpc(String service) {
    return new HealthCheckConfig(null, List.of(), SECOND, SECOND, 2, 2, service);
  }

  UpstreamTlsConfig tls(String name) {
    return new UpstreamTlsConfig(
        name, List.of(), ca.certificatePem(), false, UpstreamTlsConfig.TlsVersion.TLS_1_2);
  }

  void configure(@Nullable HealthCheckConfig check, List<Integer> ports) throws Exception {
    configure(check, ports, null);
  }

  void configure(
      @Nullable HealthCheckConfig check, List<Integer> ports, @Nullable UpstreamTlsConfig tls)
      throws Exception {
    configure(check, ports, tls, ProxyProtocol.OFF);
  }

  void configure(
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

  int httpServer(AtomicInteger status) throws IOException {
    return httpServer(false, status);
  }

  int httpServer(boolean overTls, AtomicInteger status) throws IOException {
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

  /** A server of that service, whose certificate is for catalog.example. */
  int grpcServer(boolean overTls, BindableService service) throws IOException {
    return grpcServer(overTls, service.bindService());
  }

  int grpcServer(boolean overTls, ServerServiceDefinition service) throws IOException {
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

  /** Accepts (by its backlog) and never answers. */
  ServerSocket silentServer() throws IOException {
    var server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    resources.add(server);
    return server;
  }

  /** Nobody listens. */
  int refusedPort() {
    var refused = new RefusedPort();
    resources.add(refused);
    return refused.port();
  }

  int serverThatSays(String answer) throws IOException {
    return serverThatSays(answer, 10, received -> {});
  }

  int serverThatSays(String answer, int after, Consumer<String> received) throws IOException {
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
  void nextChecks(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      clock.addAndGet(2 * SECOND);
      tickUntilChecked(checked() + 1);
    }
  }

  void tickUntilChecked(long total) throws Exception {
    tick();
    await().untilAsserted(() -> assertThat(checked()).isEqualTo(total));
  }

  void tick() throws Exception {
    onLoop(
        () -> {
          checker.tick();
          return null;
        });
  }

  int running() throws Exception {
    return onLoop(checker::running);
  }

  long checked() throws Exception {
    return onLoop(() -> cluster().total(Stat.CHECK_TOTAL));
  }

  List<String> reasons() throws Exception {
    return onLoop(
        () ->
            clusters.status().getFirst().endpoints().stream().map(EndpointStatus::reason).toList());
  }

  EndpointStatus status(int index) throws Exception {
    return onLoop(() -> clusters.status().getFirst().endpoints().get(index));
  }

  Cluster cluster() {
    return Objects.requireNonNull(clusters.find(NAME));
  }

  <T extends @Nullable Object> T onLoop(Callable<T> action) throws Exception {
    return loop.submit(action).get();
  }
}
