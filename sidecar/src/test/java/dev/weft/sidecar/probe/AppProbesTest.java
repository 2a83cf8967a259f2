package dev.weft.sidecar.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.testkit.TestCa;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AppProbesTest {
  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop loop = (EventLoop) group.next();
  private final List<Bound> reached = new CopyOnWriteArrayList<>();
  private final InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  @AfterEach
  void stop() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void httpIsAskedWithItsHeadersOverTlsOfAnybody() throws IOException {
    HttpsServer app = HttpsServer.create(any, 0);
    TestCa ca = new TestCa("nobody knows");
    app.setHttpsConfigurator(
        new HttpsConfigurator(ca.sslContext(ca.issue("another", "other.test"))));
    int port = serve(app);
    try {
      String https =
          """
          {"p": {"httpGet": {"path": "/ok?a=b", "port": %d, "scheme": "HTTPS",
            "httpHeaders": [{"name": "Host", "value": "shop.test"}, {"name": "X-A", "value": "b"}]},
            "timeoutSeconds": 10}}
          """
              .formatted(port);
      assertThat(run(https).status()).isEqualTo(299);
    } finally {
      app.stop(0);
    }
  }

  @Test
  void redirectsWithinTheHostAreFollowedAndOthersAreASuccess() throws IOException {
    HttpServer app = HttpServer.create(any, 0);
    int port = serve(app);
    try {
      assertThat(run(http("/to?/status/503", port)).status()).isEqualTo(503);
      assertThat(run(http("/to?http://elsewhere.test/", port)).status()).isEqualTo(200);
      assertThat(run(http("/to?/to?/to", port)).status()).isEqualTo(503);
      assertThat(run(http("/status/204", port)).status()).isEqualTo(200);
    } finally {
      app.stop(0);
    }
  }

  @Test
  void grpcAsksTheHealthOfAService() throws IOException {
    var health = new HealthStatusManager();
    health.setStatus("shop", ServingStatus.SERVING);
    health.setStatus("ill", ServingStatus.NOT_SERVING);
    Server app = NettyServerBuilder.forAddress(any).addService(health.getHealthService()).build();
    app.start();
    try {
      assertThat(run(grpc("shop", app.getPort(), 15)).status()).isEqualTo(200);
      assertThat(run(grpc("ill", app.getPort(), 15)))
          .isEqualTo(new ProbeCall.Answer(503, "NOT_SERVING"));
    } finally {
      app.shutdownNow();
    }
  }

  @Test
  void oneThatIsLateIsEndedByItsOwnTime() throws IOException {
    try (var silent = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      int port = silent.getLocalPort();
      assertThat(run(http("/", port)).status()).isEqualTo(504);
      assertThat(run(grpc("", port, 1)).status()).isEqualTo(504);
      assertThat(run("{\"p\": {\"tcpSocket\": {\"port\": " + port + "}}}").status()).isEqualTo(200);
    }
    assertThat(reached).containsExactly(Bound.APP_PROBE_TIME, Bound.APP_PROBE_TIME);
  }

  @Test
  void soManyAreUnderWayAndNoMore() throws IOException {
    try (var silent = new ServerSocket(0, 99, InetAddress.getLoopbackAddress())) {
      AppProbes probes = probes(http("/", silent.getLocalPort()));
      var answers = new CopyOnWriteArrayList<Integer>();
      loop.execute(
          () -> {
            for (int i = 0; i <= Bound.APP_PROBES.intValue(); i++) {
              probes.run("p", (status, text) -> answers.add(status));
            }
          });
      await().until(() -> answers.size() == Bound.APP_PROBES.intValue() + 1);
      assertThat(answers.getFirst()).isEqualTo(503);
      assertThat(answers.subList(1, answers.size())).containsOnly(504);
      assertThat(reached).contains(Bound.APP_PROBES);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]                                            | expected an object",
        "{\"p\": {}}                                   | p: expected httpGet, tcpSocket or grpc",
        "{\"p\": {\"httpGet\": {\"port\": \"http\"}}}  | p.httpGet.port: expected a whole number",
        "{\"p\": {\"tcpSocket\": {\"port\": 70000}}}   | p.tcpSocket.port is 70000",
        "{\"p\": {\"grpc\": {\"port\": 1}}             | not JSON at character 28: expected '}'",
        "{\"p\": {\"httpGet\": {\"port\": 1, \"scheme\": \"FTP\"}}} | expected HTTP or HTTPS",
        "{\"p\": {\"tcpSocket\": {\"port\": 1}, \"timeoutSeconds\": 0}} | timeoutSeconds: expected",
      })
  void whatIsWrongIsSaid(String json, String message) {
    assertThatThrownBy(() -> ProbeSpec.parse(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static String http(String path, int port) {
    return """
        {"p": {"httpGet": {"path": "%s", "port": %d}, "timeoutSeconds": %d}}
        """
        .formatted(path, port, path.equals("/") ? 1 : 15);
  }

  private static String grpc(String service, int port, int seconds) {
    return """
        {"p": {"grpc": {"port": %d, "service": "%s"}, "timeoutSeconds": %d}}
        """
        .formatted(port, service, seconds);
  }

  private AppProbes probes(String json) {
    return new AppProbes(
        ProbeSpec.parse(json),
        "127.0.0.1",
        loop,
        NioSocketChannel.class,
        System::nanoTime,
        reached::add);
  }

  private ProbeCall.Answer run(String json) {
    AppProbes probes = probes(json);
    var answer = new AtomicReference<ProbeCall.Answer>();
    loop.execute(
        () -> probes.run("p", (status, text) -> answer.set(new ProbeCall.Answer(status, text))));
    await().until(() -> answer.get() != null);
    return Objects.requireNonNull(answer.get());
  }

  private static int serve(HttpServer app) {
    app.createContext("/", AppProbesTest::answer);
    app.start();
    return app.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    var headers = exchange.getRequestHeaders();
    int status = path.startsWith("/status/") ? Integer.parseInt(path.substring(8)) : 200;
    if (path.equals("/to")) {
      exchange
          .getResponseHeaders()
          .set("Location", exchange.getRequestURI().getQuery().replace("/to?/to", "/to?/to?/to"));
      status = 302;
    } else if (path.equals("/ok")
        && "shop.test".equals(headers.getFirst("Host"))
        && "b".equals(headers.getFirst("X-A"))
        && "kube-probe/weft".equals(headers.getFirst("User-Agent"))) {
      status = 299;
    }
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }
}
