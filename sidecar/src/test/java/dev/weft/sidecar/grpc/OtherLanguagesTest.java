package dev.weft.sidecar.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients and servers that we did not write, through two sidecars. {@code WEFT_PYTHON} names a
 * Python with grpcio, {@code WEFT_NODE_MODULES} a folder with npm's grpc-web and xhr2; {@code
 * ./weft test} sees to both.
 */
class OtherLanguagesTest {
  private static final List<String> SEEN_BY_PYTHON =
      List.of(
          "one hello",
          "one a b",
          "['one a', 'one b', 'one c']",
          "['one x', 'one y']",
          "FAILED_PRECONDITION für dich",
          "DEADLINE_EXCEEDED in time");

  @TempDir Path folder;

  private final String python = System.getenv().getOrDefault("WEFT_PYTHON", "python3");

  @Test
  void pythonCallsJava() throws Exception {
    assumePython();
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(folder.resolve("state"), server.port())) {
      assertThat(callByPython(mesh)).isEqualTo(SEEN_BY_PYTHON);
    }
  }

  /** Python's server is C core's, which insists on what others do not, such as {@code te}. */
  @Test
  void pythonCallsPython() throws Exception {
    assumePython();
    Process server =
        new ProcessBuilder(python, "src/test/python/echo.py", "server", "one")
            .redirectError(folder.resolve("server.txt").toFile())
            .start();
    try (BufferedReader out = server.inputReader()) {
      int port = Integer.parseInt(out.readLine());
      try (var mesh = new TwoSidecars(folder.resolve("state"), port)) {
        assertThat(callByPython(mesh)).isEqualTo(SEEN_BY_PYTHON);
      }
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "binary"})
  void theWebClientOfGrpcCallsJava(String format) throws Exception {
    String modules = System.getenv().getOrDefault("WEFT_NODE_MODULES", "");
    assumeTrue(
        !modules.isEmpty() && run("node", "--version").exitCode() == 0,
        "left out: no node, or no folder with npm's grpc-web and xhr2 (./weft test installs them)");
    try (var server = new EchoServer("one");
        var mesh = new TwoSidecars(folder.resolve("state"), server.port())) {
      Run client =
          run(
              "node",
              "src/test/node/web.js",
              modules,
              String.valueOf(mesh.outboundPort()),
              TwoSidecars.HOST,
              format);
      assertThat(client.lines())
          .as(client::text)
          .satisfiesExactly(
              line -> assertThat(line).isEqualTo("one hello"),
              line -> assertThat(line).isEqualTo("error 5 none at all"),
              line -> assertThat(line).startsWith("error 4 "),
              line -> assertThat(line).isEqualTo("one a,one b,one c"),
              line -> assertThat(line).isEqualTo("one a,error 9 no"));
    }
  }

  private List<String> callByPython(TwoSidecars mesh) throws Exception {
    Run client =
        run(
            python,
            "src/test/python/echo.py",
            "client",
            String.valueOf(mesh.outboundPort()),
            TwoSidecars.HOST);
    assertThat(client.exitCode()).as(client::text).isZero();
    return client.lines();
  }

  private void assumePython() throws Exception {
    assumeTrue(
        run(python, "-c", "import grpc").exitCode() == 0,
        "left out: " + python + " lacks grpcio (./weft test installs it)");
  }

  /** A process that has ended. */
  private record Run(int exitCode, String text) {
    List<String> lines() {
      return text.lines().toList();
    }
  }

  private Run run(String... command) throws IOException, InterruptedException {
    Path out = Files.createTempFile(folder, "out", ".txt");
    Process process;
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
      builder.environment().put("PYTHONIOENCODING", "utf-8");
      process = builder.start();
    } catch (IOException e) {
      return new Run(-1, e.toString());
    }
    boolean ended = process.waitFor(1, TimeUnit.MINUTES);
    process.destroyForcibly().waitFor();
    return new Run(ended ? process.exitValue() : -1, Files.readString(out, StandardCharsets.UTF_8));
  }
}
