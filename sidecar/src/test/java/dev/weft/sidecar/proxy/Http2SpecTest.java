package dev.weft.sidecar.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * h2spec, every case and the strict ones too, against both listeners, as they find out what a
 * caller speaks and where it is known beforehand: {@code h2spec} on the path, or installed with
 * {@code go} into the build folder. Left out with a notice where there is neither.
 */
class Http2SpecTest {
  private static final Pattern RESULT =
      Pattern.compile("(\\d+) tests, (\\d+) passed, (\\d+) skipped, (\\d+) failed");

  @ParameterizedTest
  @CsvSource({"outbound,true", "inbound,true", "outbound,false", "inbound,false"})
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void everyCaseOfH2specPasses(String direction, boolean known) throws Exception {
    String h2spec = h2spec();
    Assumptions.assumeTrue(
        h2spec != null, "left out: neither h2spec nor go (to install it) is on the path");
    try (var proxy = new ProxyFixture();
        var origin =
            new Origin(
                "one",
                connection -> {
                  for (var r = connection.readRequest(); r != null; r = connection.readRequest()) {
                    connection.write(
                        "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n"
                            + "0123456789abcdef".repeat(4));
                  }
                })) {
      InetSocketAddress address;
      if (direction.equals("outbound")) {
        address = known ? proxy.outboundHttp2() : proxy.outbound();
        proxy.serve("127.0.0.1:" + address.getPort(), origin);
      } else {
        address = known ? proxy.inboundHttp2(origin.port()) : proxy.inbound(origin.port());
      }
      Path report = Files.createTempFile("h2spec", ".log");
      int code =
          run(
              report,
              List.of(
                  h2spec,
                  "--strict",
                  "-h",
                  "127.0.0.1",
                  "-p",
                  Integer.toString(address.getPort()),
                  "-o",
                  "5"));
      String said = Files.readString(report);
      Files.delete(report);
      Matcher result = RESULT.matcher(said);
      assertThat(result.find()).as(said).isTrue();
      assertThat(result.group(3)).as(said).isEqualTo("0");
      assertThat(result.group(4)).as(said).isEqualTo("0");
      assertThat(code).as(said).isZero();
      assertThat(Integer.parseInt(result.group(2))).isGreaterThanOrEqualTo(146);
    }
  }

  private static @org.jspecify.annotations.Nullable String h2spec() throws Exception {
    String onPath = onPath("h2spec");
    if (onPath != null) {
      return onPath;
    }
    Path tools = Path.of("target", "tools").toAbsolutePath();
    Path installed = tools.resolve("h2spec");
    String go = onPath("go");
    if (!Files.isExecutable(installed) && go != null) {
      Files.createDirectories(tools);
      Path log = tools.resolve("go.log");
      var install =
          new ProcessBuilder(
              go, "install", "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible");
      install.environment().put("GOBIN", tools.toString());
      install.redirectErrorStream(true).redirectOutput(log.toFile());
      int code = install.start().waitFor();
      Assumptions.assumeTrue(code == 0, () -> "left out: go could not install h2spec; see " + log);
    }
    return Files.isExecutable(installed) ? installed.toString() : null;
  }

  private static int run(Path output, List<String> command)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      return process.waitFor();
    } finally {
      process.destroyForcibly();
    }
  }

  private static @org.jspecify.annotations.Nullable String onPath(String tool) {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
      Path candidate = Path.of(folder, tool);
      if (Files.isExecutable(candidate)) {
        return candidate.toString();
      }
    }
    return null;
  }
}
