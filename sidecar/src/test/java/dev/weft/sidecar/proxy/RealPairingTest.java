package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.sidecar.telemetry.Direction;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The pairings between curl and Node, which share nothing with us; left out where one is missing.
 */
class RealPairingTest {
  private static final String ECHO =
      """
      const server = require(process.argv[1]).createServer((request, response) => {
        response.setHeader('x-version', request.httpVersion);
        response.setHeader('x-host', request.headers[':authority'] || request.headers.host);
        request.pipe(response);
      });
      server.listen(0, '127.0.0.1', () => console.log(server.address().port));
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("dev.weft.sidecar.proxy.Passage#all")
  void curlCallsNode(Passage passage) throws Exception {
    assumeTrue(runs("curl", "--version") && runs("node", "--version"), "left out: no curl or node");
    byte[] body = new byte[3_000_000];
    new Random(1).nextBytes(body);
    Path sent = Files.write(folder.resolve("sent"), body);
    Path got = folder.resolve("got");
    Path heads = folder.resolve("heads");
    boolean http2 = passage.caller() == Version.HTTP2;
    Process server =
        new ProcessBuilder("node", "-e", ECHO, passage.app() == Version.HTTP2 ? "http2" : "http")
            .redirectError(folder.resolve("node.txt").toFile())
            .start();
    try (var proxy = new ProxyFixture();
        BufferedReader out = server.inputReader()) {
      int port = Integer.parseInt(out.readLine());
      // A caller of HTTP/2 finds out by itself that this server speaks HTTP/1.1.
      boolean upgraded = passage.caller() == Version.HTTP1 && passage.app() == Version.HTTP2;
      proxy.declared = upgraded ? WireProtocol.HTTP2 : null;
      InetSocketAddress address;
      if (passage.direction() == Direction.INBOUND) {
        address = proxy.inbound(port);
      } else {
        proxy.serve("catalog", List.of(proxy.endpoint("node", port)));
        address = proxy.outbound();
      }
      String url = "http://127.0.0.1:" + address.getPort() + "/";
      Process curl =
          new ProcessBuilder(
                  List.of(
                      "curl",
                      "--silent",
                      "--show-error",
                      http2 ? "--http2-prior-knowledge" : "--http1.1",
                      "--header",
                      "host: catalog",
                      "--data-binary",
                      "@" + sent,
                      "--dump-header",
                      heads.toString(),
                      "--output",
                      got.toString(),
                      "--write-out",
                      "%{http_version} %{http_code}",
                      url))
              .redirectError(folder.resolve("curl.txt").toFile())
              .start();
      String said = curl.inputReader().readLine();
      assertThat(curl.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(said).isEqualTo(passage.caller() + " 200");
      assertThat(Files.readAllBytes(got)).isEqualTo(body);
      assertThat(Files.readString(heads).toLowerCase(Locale.ROOT))
          .contains("x-version: " + (passage.app() == Version.HTTP2 ? "2.0" : "1.1"))
          .contains("x-host: catalog");
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  private static boolean runs(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
