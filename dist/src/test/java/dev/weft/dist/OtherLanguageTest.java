package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A client in another language, without generated stubs, against the control plane as it is
 * shipped. {@code WEFT_PYTHON} names a Python with grpcio and grpcio-reflection; {@code ./weft
 * test} sees to that.
 */
final class OtherLanguageTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void aPythonClientLearnsTheApiByReflectionAndLivesAndDiesInTheRegistry() throws Exception {
    String python = System.getenv().getOrDefault("WEFT_PYTHON", "python3");
    assumeTrue(
        speaksGrpc(python),
        "left out: " + python + " lacks grpcio and grpcio-reflection (./weft test installs them)");
    int port = freePort();
    Path log = folder.resolve("control-plane.log");
    ProcessBuilder builder =
        new ProcessBuilder(
                Distribution.built().home().resolve("bin/weft").toString(),
                "control-plane",
                "--bind=127.0.0.1",
                "--grpc-port=" + port,
                "--metrics-port=" + freePort(),
                "--data-dir=" + folder.resolve("store"),
                "--instance-ttl=2s")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("WEFT_DIE_WITH_STDIN", "1");
    Process controlPlane = builder.start();
    try {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> listens(port) || !controlPlane.isAlive());
      assertThat(controlPlane.isAlive()).as(() -> read(log)).isTrue();

      List<String> lines = client(python, port);

      assertThat(lines.getFirst())
          .contains(
              "weft.registry.v1.RegistryService",
              "weft.policy.v1.PolicyService",
              "weft.mesh.v1.MeshService",
              "weft.discovery.v1.DiscoveryService",
              "grpc.health.v1.Health");
      assertThat(lines.subList(1, lines.size()))
          .containsExactly("registered 2000", "alive", "seen 127.0.0.1", "gone");
    } finally {
      controlPlane.destroyForcibly().waitFor();
    }
  }

  private List<String> client(String python, int port) throws IOException, InterruptedException {
    Path out = folder.resolve("client.txt");
    Process client =
        new ProcessBuilder(python, "src/test/python/reflective_client.py", "127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    boolean ended = client.waitFor(2, TimeUnit.MINUTES);
    client.destroyForcibly();
    assertThat(ended).as(() -> "the client did not end: " + read(out)).isTrue();
    assertThat(client.exitValue()).as(() -> read(out)).isZero();
    return Files.readAllLines(out);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private boolean speaksGrpc(String python) throws InterruptedException {
    try {
      return new ProcessBuilder(python, "-c", "import grpc, grpc_reflection.v1alpha.reflection_pb2")
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("probe.txt").toFile())
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
