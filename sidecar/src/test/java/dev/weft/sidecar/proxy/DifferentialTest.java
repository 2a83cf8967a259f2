package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.common.config.RetryConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is forwarded is read alike by parsers that others wrote: of every request of the RFCs' table
 * and every nasty one, each of them reads the same requests, targets, hosts and bodies, and finds
 * nothing to complain about. {@code WEFT_PYTHON} names a Python with h11.
 */
class DifferentialTest {
  private static final String PROBE =
      "GET /probe HTTP/1.1\r\nHost: catalog\r\nConnection: close\r\n\r\n";
  private static final String END =
      "GET /end HTTP/1.1\r\nHost: catalog\r\nConnection: close\r\n\r\n";

  /** A parser, and how its server is started. */
  @SuppressWarnings("ImmutableEnumChecker") // the lists are made by List.of
  enum Peer {
    H11(
        System.getenv().getOrDefault("WEFT_PYTHON", "python3"),
        List.of("-c", "import h11"),
        List.of("src/test/python/h11_server.py")),
    NODE("node", List.of("--version"), List.of("src/test/node/server.js")),
    GO("go", List.of("version"), List.of("run", "src/test/go/server.go"));

    final String command;
    final List<String> probe;
    final List<String> arguments;

    Peer(String command, List<String> probe, List<String> arguments) {
      this.command = command;
      this.probe = probe;
      this.arguments = arguments;
    }

    boolean isThere() {
      try {
        Process process =
            new ProcessBuilder(command(probe))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
      } catch (IOException e) {
        return false;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    List<String> command(List<String> rest) {
      return Stream.concat(Stream.of(command), rest.stream()).toList();
    }

    /** Whether it is right to refuse a request that a proxy has to pass on. */
    boolean refuses(String line) {
      // Node knows a list of methods.
      return this == NODE && line.toUpperCase(java.util.Locale.ROOT).startsWith("BREW ");
    }
  }

  @ParameterizedTest
  @EnumSource(Peer.class)
  void readsWhatWeForwardAsWeDo(Peer peer) throws Exception {
    assumeTrue(
        peer.isThere(), "left out: " + peer.command + " is not there, or lacks what it needs");
    List<String> inputs =
        Stream.concat(
                RfcRequestRows.all().stream().map(row -> row.sent), NastyRequests.all().stream())
            .toList();
    try (var proxy = new ProxyFixture()) {
      proxy.route.retry = RetryConfig.NEVER;
      List<List<String>> ours = new ArrayList<>();
      var outbound = proxy.outbound();
      try (var origin = Origin.answering("ours", RfcRow.OK)) {
        proxy.serve("catalog", origin);
        for (String input : inputs) {
          origin.requests.clear();
          send(proxy, outbound, input);
          ours.add(List.copyOf(origin.requests).stream().map(DifferentialTest::line).toList());
        }
      }
      Process server =
          new ProcessBuilder(peer.command(peer.arguments))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (BufferedReader lines = server.inputReader(StandardCharsets.ISO_8859_1)) {
        int port = Integer.parseInt(Objects.requireNonNull(lines.readLine()));
        proxy.serve("catalog", List.of(proxy.endpoint("peer", port)));
        for (int i = 0; i < inputs.size(); i++) {
          if (ours.get(i).stream().anyMatch(peer::refuses)) {
            continue;
          }
          send(proxy, outbound, inputs.get(i));
          List<String> theirs = read(proxy, outbound, lines);
          if (!ours.get(i).contains("GET /probe catalog")) {
            // Refused within the body, which the peer rightly finds cut off.
            theirs.removeIf(line -> line.startsWith("BAD "));
          }
          assertThat(theirs).as(inputs.get(i)).isEqualTo(ours.get(i));
        }
      } finally {
        server.descendants().forEach(ProcessHandle::destroyForcibly);
        server.destroyForcibly().waitFor();
      }
    }
  }

  private static void send(ProxyFixture proxy, InetSocketAddress to, String input) {
    try (var client = proxy.client(to)) {
      client.send(input + PROBE);
      client.readToEnd();
    }
  }

  /** What the peer has read up to now. */
  private static List<String> read(ProxyFixture proxy, InetSocketAddress to, BufferedReader from)
      throws IOException {
    try (var client = proxy.client(to)) {
      client.send(END);
      client.readToEnd();
    }
    List<String> lines = new ArrayList<>();
    for (String line = from.readLine(); !line.startsWith("GET /end "); line = from.readLine()) {
      lines.add(line.strip());
    }
    return lines;
  }

  private static String line(Origin.Request request) {
    String[] words = request.line().split(" ", -1);
    String body = request.body();
    int trailers = body.indexOf('|');
    byte[] bytes =
        (trailers < 0 ? body : body.substring(0, trailers)).getBytes(StandardCharsets.ISO_8859_1);
    return (words[0]
            + " "
            + words[1]
            + " "
            + request.header("host")
            + " "
            + HexFormat.of().formatHex(bytes))
        .strip();
  }
}
