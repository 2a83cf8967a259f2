package dev.weft.sidecar.app;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.sidecar.FakeControlPlane;
import dev.weft.testkit.Ports;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sidecars as they are started in earnest, and programs that we did not write; all of them end with
 * the test.
 */
abstract class ServersFixture {
  static final Duration LONG = Duration.ofSeconds(30);

  final FakeControlPlane controlPlane = new FakeControlPlane();
  private final List<AutoCloseable> open = new ArrayList<>();

  @TempDir Path folder;

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
    controlPlane.close();
  }

  /** Closed after the test, the last one first. */
  void closeLater(AutoCloseable one) {
    open.add(one);
  }

  Sidecar start(String service, List<String> flags) throws IOException {
    Sidecar sidecar = Sidecars.start(controlPlane, service, flags);
    closeLater(sidecar);
    return sidecar;
  }

  static boolean has(String program) {
    for (String place : List.of("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")) {
      if (Files.isExecutable(Path.of(place, program))) {
        return true;
      }
    }
    return false;
  }

  static void needs(String program) {
    assumeTrue(has(program), () -> program + " is not installed: left out");
  }

  void runs(ProcessBuilder command) throws IOException {
    Process process =
        command
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("server.log").toFile())
            .start();
    closeLater(
        () -> {
          process.destroy();
          if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
          }
        });
  }

  static void awaitPort(int port) {
    await()
        .atMost(LONG)
        .ignoreExceptions()
        .until(
            () -> {
              new Socket("127.0.0.1", port).close();
              return true;
            });
  }

  /**
   * A HAProxy that listens.
   *
   * @param mode tcp or http
   * @param rest of its configuration, with the port to be put in
   */
  int haproxy(String mode, String rest) throws IOException {
    needs("haproxy");
    int port = Ports.free();
    Path config = folder.resolve("haproxy.cfg");
    Files.writeString(
        config,
        """
        defaults
          mode %s
          timeout connect 5s
          timeout client 20s
          timeout server 20s
        """
                .formatted(mode)
            + rest.formatted(port));
    runs(new ProcessBuilder("haproxy", "-db", "-f", config.toString()));
    awaitPort(port);
    return port;
  }
}
