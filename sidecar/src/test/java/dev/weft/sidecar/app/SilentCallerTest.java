package dev.weft.sidecar.app;

import static dev.weft.sidecar.FakeControlPlane.inbound;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.weft.testkit.SocketThreads;
import dev.weft.testkit.net.FaultyLink;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.junit.jupiter.api.Test;

/**
 * Callers whose machine is gone, or the network to it, are noticed within 15 s, whether they had
 * something to be told or not: nothing of them is held until an hour is over.
 */
final class SilentCallerTest extends ServersFixture {
  private static final Duration NOTICED = Duration.ofSeconds(16);
  private static final String ACTIVE = "weft_downstream_cx_active{direction=\"inbound\"}";
  private static final String UNACKED =
      "weft_limit_reached_total{direction=\"inbound\",limit=\"caller-unacked\"}";

  @Test
  void aCallerThatIsCutOffIsNoticedIdleOrAmidAResponse() throws Exception {
    assumeTrue(FaultyLink.possible(), "needs root, ip and /dev/net/tun");
    var link = new FaultyLink();
    closeLater(link);
    controlPlane.put(inbound("frontend"));
    Sidecar sidecar =
        start("frontend", List.of("--bind=" + link.near(), "--app-port=" + application()));
    Path idle = calls(link, sidecar, "/");
    Path amid = calls(link, sidecar, "/endless");
    await().until(() -> Files.readString(idle).endsWith("well"));
    await().until(() -> Files.size(amid) > 1 << 20);
    assertThat(metric(sidecar, ACTIVE)).isEqualTo(2);
    double before = metric(sidecar, UNACKED);

    link.cut();

    await().atMost(NOTICED).untilAsserted(() -> assertThat(metric(sidecar, ACTIVE)).isZero());
    assertThat(metric(sidecar, UNACKED) - before).as("of the two, amid a response").isEqualTo(1);
    link.mend();
    Path anew = calls(link, sidecar, "/");
    await().until(() -> Files.readString(anew).endsWith("well"));
  }

  /** Answers at once, and at {@code /endless} for as long as somebody takes it. */
  private int application() throws IOException {
    ExecutorService threads = SocketThreads.perTask();
    closeLater(threads::shutdownNow);
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(threads);
    server.createContext("/", SilentCallerTest::answer);
    server.start();
    closeLater(() -> server.stop(0));
    return server.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (exchange.getRequestURI().getPath().equals("/endless")) {
        exchange.sendResponseHeaders(200, 0);
        byte[] piece = new byte[1 << 16];
        while (true) {
          exchange.getResponseBody().write(piece);
        }
      }
      exchange.sendResponseHeaders(200, 4);
      exchange.getResponseBody().write("well".getBytes(UTF_8));
    }
  }

  /**
   * A shell in the namespace that asks once, and keeps its connection whatever becomes of it.
   *
   * @return where it writes what it is answered
   */
  private Path calls(FaultyLink link, Sidecar sidecar, String path) throws IOException {
    Path answer = Files.createTempFile(folder, "answer", "");
    String script =
        "exec 3<>/dev/tcp/%s/%d; printf 'GET %s HTTP/1.1\\r\\nHost: frontend\\r\\n\\r\\n' >&3; cat <&3"
            .formatted(link.near(), sidecar.inboundPort(), path);
    Process process =
        new ProcessBuilder(link.inside(List.of("bash", "-c", script)))
            .redirectOutput(answer.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    closeLater(
        () -> {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly().onExit().join();
        });
    return answer;
  }

  private static double metric(Sidecar sidecar, String series)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + sidecar.adminPort() + "/metrics"))
                  .build(),
              BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(series + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .findFirst()
          .orElseThrow();
    }
  }
}
