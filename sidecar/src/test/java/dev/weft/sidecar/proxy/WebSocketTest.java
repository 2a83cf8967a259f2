package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * WebSocket with clients and servers that others wrote, through two sidecars: Python's websockets
 * on both ends, and h2 as the caller by extended CONNECT. {@code WEFT_PYTHON} names a Python that
 * has them; {@code ./weft test} sees to that.
 */
class WebSocketTest {
  private static final String PYTHON = System.getenv().getOrDefault("WEFT_PYTHON", "python3");
  private static final String SCRIPT = "src/test/python/websocket_calls.py";

  @BeforeAll
  static void hasLibraries() throws Exception {
    Process probe =
        new ProcessBuilder(PYTHON, "-c", "import websockets, h2")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assumeTrue(
        probe.waitFor(60, TimeUnit.SECONDS) && probe.exitValue() == 0,
        "left out: " + PYTHON + " lacks websockets and h2 (./weft test installs them)");
  }

  @Test
  void overHttp11() throws Exception {
    try (var proxy = new ProxyFixture()) {
      withServer(
          proxy,
          () ->
              assertThat(run("client", proxy.outbound().getPort()))
                  .containsExactly(
                      "closed by us 1000",
                      "closed by the server 4001 as you wish",
                      "refused 403 b'no\\n'",
                      "many 50"));
    }
  }

  @Test
  void overHttp2BridgedToHttp11() throws Exception {
    try (var proxy = new ProxyFixture()) {
      withServer(
          proxy,
          () ->
              assertThat(run("client-h2", proxy.outbound().getPort()))
                  .containsExactly(
                      "offered 1",
                      "switched 200 []",
                      "echoed",
                      "closed by the server 4001",
                      "refused 403 b'no\\n'"));
    }
  }

  private interface Body {
    void run() throws Exception;
  }

  /** A server behind an inbound listener, which is the one endpoint of the outbound one. */
  private static void withServer(ProxyFixture proxy, Body body) throws Exception {
    Process server =
        new ProcessBuilder(PYTHON, SCRIPT, "server")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader lines = server.inputReader(StandardCharsets.UTF_8)) {
      int port = Integer.parseInt(lines.readLine());
      proxy.route.sidecarPeers = true;
      proxy.serve("catalog", List.of(proxy.endpoint("catalog-1", proxy.inbound(port).getPort())));
      body.run();
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  private static List<String> run(String mode, int port) throws IOException, InterruptedException {
    Process client =
        new ProcessBuilder(PYTHON, SCRIPT, mode, String.valueOf(port))
            .redirectErrorStream(true)
            .start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader out = client.inputReader(StandardCharsets.UTF_8)) {
      out.lines().forEach(lines::add);
    }
    assertThat(client.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return lines;
  }
}
