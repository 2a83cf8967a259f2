package dev.weft.sidecar.app;

import static dev.weft.sidecar.FakeControlPlane.hinted;
import static dev.weft.sidecar.FakeControlPlane.inbound;
import static dev.weft.sidecar.FakeControlPlane.node;
import static dev.weft.sidecar.FakeControlPlane.slice;
import static dev.weft.sidecar.FakeControlPlane.unknownHost;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.weft.proto.discovery.v1.PeerKind;
import dev.weft.proto.registry.v1.Instance;
import dev.weft.proto.registry.v1.KeepAliveRequest;
import dev.weft.proto.registry.v1.Readiness;
import dev.weft.sidecar.FakeControlPlane;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.SocketThreads;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SidecarTest {
  private final FakeControlPlane controlPlane = new FakeControlPlane();
  private final List<HttpServer> servers = new ArrayList<>();
  private final List<Sidecar> sidecars = new ArrayList<>();
  private final ExecutorService serverThreads = SocketThreads.perTask();
  private final CountDownLatch slow = new CountDownLatch(1);
  private final int appPort = server("app").getAddress().getPort();

  @TempDir Path state;

  SidecarTest() throws IOException {}

  @AfterEach
  void stop() {
    slow.countDown();
    sidecars.forEach(Sidecar::close);
    servers.forEach(server -> server.stop(0));
    serverThreads.shutdownNow();
    controlPlane.close();
  }

  @Test
  void theFirstRequestToAHostWaitsForItsConfiguration() throws Exception {
    controlPlane.put(inbound("frontend"), unknownHost("catalgo", "catalog", "catalog.default"));
    controlPlane.service("catalog", server("one").getAddress().getPort());
    Sidecar sidecar = start();

    HttpResponse<String> first = call(sidecar, "http://catalog/items");
    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(first.body()).isEqualTo("one /items");

    HttpResponse<String> unknown = call(sidecar, "http://catalgo/items");
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(unknown.body()).contains("catalog.default");
  }

  @Test
  void changedEndpointsTakeOver() throws Exception {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", server("one").getAddress().getPort());
    Sidecar sidecar = start();
    assertThat(call(sidecar, "http://catalog/").body()).isEqualTo("one /");

    controlPlane.endpoints("catalog", server("two").getAddress().getPort());
    await().until(() -> call(sidecar, "http://catalog/").body().equals("two /"));
  }

  @Test
  void endpointsOfItsZoneGoFirstAndOthersWhenThoseAreGone() throws Exception {
    HttpServer near = server("near");
    int far = server("far").getAddress().getPort();
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", near.getAddress().getPort(), far);
    controlPlane.put(
        hinted(slice("catalog", near.getAddress().getPort(), far), "a", "b"), node("node-1", "a"));
    Sidecar sidecar = start("--node-name=node-1");
    for (int i = 0; i < 6; i++) {
      assertThat(call(sidecar, "http://catalog/").body()).isEqualTo("near /");
    }
    assertThat(controlPlane.hellos().getFirst().getNode().getNodeName()).isEqualTo("node-1");
    assertThat(admin(sidecar, "GET", "/clusters?format=text").body()).contains("prefers zone a: 1");

    // Its machine stands elsewhere now: that is followed; in a zone without endpoints all serve.
    controlPlane.put(node("node-1", "b"));
    await().until(() -> call(sidecar, "http://catalog/").body().equals("far /"));
    controlPlane.put(node("node-1", "c"));
    await().until(() -> call(sidecar, "http://catalog/").body().equals("near /"));
    controlPlane.put(node("node-1", "a"));
    await()
        .until(() -> admin(sidecar, "GET", "/clusters?format=text").body().contains("zone a: 1"));

    near.stop(0);
    for (int i = 0; i < 20; i++) {
      assertThat(call(sidecar, "http://catalog/").body()).isEqualTo("far /");
    }
  }

  @Test
  void withoutAControlPlaneWhatWasHeldServesAndSoDoesItAfterARestart() throws Exception {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", server("one").getAddress().getPort());
    Sidecar sidecar = start();
    assertThat(call(sidecar, "http://catalog/").statusCode()).isEqualTo(200);
    await().until(() -> admin(sidecar, "GET", "/config").body().contains("resources\""));
    await().until(() -> admin(sidecar, "GET", "/config").body().contains(", 4 resources"));

    controlPlane.kill();
    await().until(() -> admin(sidecar, "GET", "/config").body().contains("\"connected\": false"));
    assertThat(call(sidecar, "http://catalog/").statusCode()).isEqualTo(200);
    sidecar.close();

    Sidecar restarted = start();
    assertThat(call(restarted, "http://catalog/").body()).isEqualTo("one /");
    await().until(() -> admin(restarted, "GET", "/ready").statusCode() == 200);
    assertThat(admin(restarted, "GET", "/config").body()).contains("\"from_disk\": true");
  }

  @Test
  void withoutAnyConfigurationItIsNotReadyAndSaysWhy() throws Exception {
    controlPlane.kill();
    Sidecar sidecar = start();

    await().until(() -> admin(sidecar, "GET", "/ready").body().contains(controlPlane.address()));
    assertThat(admin(sidecar, "GET", "/ready").statusCode()).isEqualTo(503);
    assertThat(admin(sidecar, "GET", "/live").statusCode()).isEqualTo(200);
    HttpResponse<String> refused = call(sidecar, "http://catalog/");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).contains("no control plane is connected");
  }

  @Test
  void itIsRegisteredAsReadyOnceTheApplicationAnswersAndPassesRequestsToIt() throws Exception {
    controlPlane.put(inbound("frontend"));
    Sidecar sidecar = start();

    await().until(() -> lastReadiness() == Readiness.READY);
    Instance instance = controlPlane.registered.getFirst().getInstance();
    assertThat(instance.getReadiness()).isEqualTo(Readiness.NOT_READY);
    assertThat(instance.getPeer()).isEqualTo(PeerKind.SIDECAR);
    assertThat(instance.getAddress()).isEqualTo("127.0.0.1");
    assertThat(instance.getPorts(0).getPort()).isEqualTo(sidecar.inboundPort());
    assertThat(instance.getLabelsMap()).isEqualTo(Map.of("version", "v1"));
    HttpResponse<String> answer =
        plain()
            .send(
                request("http://127.0.0.1:" + sidecar.inboundPort() + "/hello"),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.body()).isEqualTo("app /hello");
    assertThat(admin(sidecar, "GET", "/status").body())
        .contains("\"ready\": true")
        .contains("\"connected\": true")
        .contains("\"listening_known\": true")
        .contains("\"port\": " + servers.getFirst().getAddress().getPort());

    servers.getFirst().stop(0);
    await().until(() -> lastReadiness() == Readiness.NOT_READY);
    assertThat(admin(sidecar, "GET", "/ready").body()).contains("the application at");
  }

  @Test
  void leavingLosesNothingThatIsUnderWay() throws Exception {
    controlPlane.put(inbound("frontend"));
    Sidecar sidecar = start();
    await().until(() -> lastReadiness() == Readiness.READY);
    String url = "http://127.0.0.1:" + sidecar.inboundPort();
    CompletableFuture<HttpResponse<String>> underWay =
        plain().sendAsync(request(url + "/slow"), HttpResponse.BodyHandlers.ofString());
    await()
        .until(
            () ->
                admin(sidecar, "GET", "/metrics")
                    .body()
                    .contains("weft_downstream_rq_active{direction=\"inbound\"} 1.0"));

    CompletableFuture<HttpResponse<String>> drained =
        CompletableFuture.supplyAsync(() -> admin(sidecar, "POST", "/drain"), serverThreads);
    await().until(() -> !controlPlane.deregistered.isEmpty());
    assertThat(controlPlane.deregistered.getFirst().getAwaitSubscribersMillis()).isEqualTo(5000);
    await().until(() -> refusesConnections(sidecar.inboundPort()));
    assertThat(underWay).isNotDone();
    slow.countDown();

    assertThat(underWay.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(underWay.get().headers().firstValue("connection")).contains("close");
    assertThat(drained.get(60, TimeUnit.SECONDS).body()).isEqualTo("drained\n");
    assertThat(admin(sidecar, "GET", "/ready").body()).contains("draining");
  }

  @Test
  void whoWasIdleWhenTheDrainBeganIsServedAndToldToGo() throws Exception {
    controlPlane.put(inbound("frontend"));
    Sidecar sidecar = start();
    await().until(() -> lastReadiness() == Readiness.READY);
    try (Socket idle = new Socket("127.0.0.1", sidecar.inboundPort())) {
      assertThat(hello(idle)).doesNotContain("connection: close");

      CompletableFuture<HttpResponse<String>> drained =
          CompletableFuture.supplyAsync(() -> admin(sidecar, "POST", "/drain"), serverThreads);
      await().until(() -> !controlPlane.deregistered.isEmpty());

      assertThat(hello(idle)).startsWith("http/1.1 200").contains("connection: close");
      assertThat(drained.get(60, TimeUnit.SECONDS).body()).isEqualTo("drained\n");
    }
  }

  /** The head of an answer, in lower case. */
  private static String hello(Socket socket) throws IOException {
    socket.getOutputStream().write("GET /hello HTTP/1.1\r\nHost: app\r\n\r\n".getBytes(US_ASCII));
    InputStream in = socket.getInputStream();
    var head = new StringBuilder();
    while (head.indexOf("app /hello") < 0) {
      head.append((char) in.read());
    }
    return head.toString().toLowerCase(Locale.ROOT);
  }

  @Test
  void thePagesShowWhatIsInForce() throws Exception {
    controlPlane.put(inbound("frontend"));
    controlPlane.service("catalog", server("one").getAddress().getPort());
    Sidecar sidecar = start("--access-log", state.resolve("access.log").toString());
    call(sidecar, "http://catalog/items?secret=1");

    assertThat(admin(sidecar, "GET", "/config").body())
        .contains("\"default/catalog\"", "\"catalog.default:80\"", "\"connected\": true");
    assertThat(admin(sidecar, "GET", "/clusters").body()).contains("\"health\": \"HEALTHY\"");
    assertThat(admin(sidecar, "GET", "/clusters?format=text").body())
        .contains("catalog.default:80", "HEALTHY");
    await()
        .untilAsserted(
            () ->
                assertThat(admin(sidecar, "GET", "/metrics").body())
                    .contains(
                        "weft_upstream_rq_total{cluster=\"catalog.default:80\","
                            + "direction=\"outbound\",response_code_class=\"2xx\","
                            + "route=\"default/catalog\"} 1.0",
                        "weft_cluster_upstream_cx_total{cluster=\"catalog.default:80\"} 1.0",
                        "weft_cluster_upstream_cx_active{cluster=\"catalog.default:80\"} 1.0",
                        "weft_control_plane_connected 1.0"));
    assertThat(admin(sidecar, "PUT", "/log-level?level=debug&logger=dev.weft.sidecar.lb").body())
        .contains("\"dev.weft.sidecar.lb\": \"debug\"");
    assertThat(admin(sidecar, "PUT", "/log-level?level=loud").statusCode()).isEqualTo(400);
    assertThat(admin(sidecar, "GET", "/nowhere").statusCode()).isEqualTo(404);
    await().until(() -> Files.size(state.resolve("access.log")) > 0);
    assertThat(Files.readString(state.resolve("access.log")))
        .contains("\"path\":\"/items\"", "\"response_code\":200", "\"authority\":\"catalog\"")
        .doesNotContain("secret");
  }

  @Test
  void aPortInUseIsOneLine() {
    Sidecar first = startQuietly();
    assertThatThrownBy(
            () -> Sidecar.start(options("--admin-port", String.valueOf(first.adminPort()))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot listen on 127.0.0.1:" + first.adminPort() + " (admin)");
  }

  private Readiness lastReadiness() {
    List<KeepAliveRequest> beats = controlPlane.heartbeats;
    return beats.isEmpty() ? Readiness.READINESS_UNSPECIFIED : beats.getLast().getReadiness();
  }

  private Sidecar startQuietly() {
    try {
      return start();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Sidecar start(String... more) throws IOException {
    Sidecar sidecar = Sidecar.start(options(more));
    sidecars.add(sidecar);
    return sidecar;
  }

  private SidecarOptions options(String... more) {
    var flags =
        new ArrayList<>(
            List.of("--label=version=v1", "--app-port=" + appPort, "--state-dir=" + state));
    flags.addAll(List.of(more));
    return Sidecars.options(controlPlane, "frontend", flags);
  }

  /** An origin that answers with its name and the path; {@code /slow} when it may. */
  private HttpServer server(String name) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(serverThreads);
    server.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          if (path.equals("/slow")) {
            try {
              slow.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }
          byte[] body = (name + " " + path).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    servers.add(server);
    return server;
  }

  private static HttpResponse<String> call(Sidecar sidecar, String url) throws Exception {
    try (HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(ProxySelector.of(new InetSocketAddress("127.0.0.1", sidecar.outboundPort())))
            .build()) {
      return client.send(request(url), HttpResponse.BodyHandlers.ofString());
    }
  }

  private static HttpResponse<String> admin(Sidecar sidecar, String method, String path) {
    try {
      return plain()
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + sidecar.adminPort() + path))
                  .method(method, HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean refusesConnections(int port) {
    try (var socket = new java.net.Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static HttpClient plain() {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  private static HttpRequest request(String url) {
    return HttpRequest.newBuilder(URI.create(url)).build();
  }
}
