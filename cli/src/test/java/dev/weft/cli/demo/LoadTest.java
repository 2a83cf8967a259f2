package dev.weft.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.cli.demo.app.DemoApp;
import dev.weft.cli.demo.load.Counts;
import dev.weft.cli.demo.load.Load;
import dev.weft.cli.demo.load.LoadPod;
import dev.weft.cli.demo.process.Children;
import dev.weft.cli.demo.process.Children.Child;
import dev.weft.cli.demo.process.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The load generator sees everything that goes wrong, whether in the services or on the way, and
 * retries nothing.
 */
final class LoadTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path folder = Path.of("");
  private final Ports ports = new Ports();
  private Children children = new Children(folder);

  @BeforeEach
  void open() {
    children = new Children(folder);
  }

  @AfterEach
  void close() {
    children.close();
  }

  @Test
  void completeResponsesAreCountedByVersionAndInstance() {
    int catalog = ports.next();
    int frontend = ports.next();
    startApp("catalog", "v7", "catalog-9", catalog, 0);
    startApp("frontend", "v1", "frontend-0", frontend, catalog);

    try (Load load = new Load(frontend, 500)) {
      await().atMost(LIMIT).until(() -> load.counts().ok() > 50);

      Counts counts = load.counts();
      assertThat(counts.versions()).containsOnlyKeys("v7");
      assertThat(counts.instances()).containsOnlyKeys("catalog-9");
      assertThat(counts.ofVersion("v7")).isEqualTo(counts.ok());
      assertThat(counts.failedBefore() + counts.failedAfter()).isZero();
    }
  }

  @Test
  void theFrontendPassesFailuresOn() {
    int catalog = ports.next();
    int frontend = ports.next();
    Child killed = startApp("catalog", "v1", "catalog-0", catalog, 0);
    startApp("frontend", "v1", "frontend-0", frontend, catalog);

    try (Load load = new Load(frontend, 200)) {
      await().atMost(LIMIT).until(() -> load.counts().ok() > 10);
      Counts before = load.counts();
      killed.kill();

      await().atMost(LIMIT).until(() -> load.counts().since(before).failedBefore() > 10);
      assertThat(load.counts().since(before).failures()).anyMatch(text -> text.contains("502"));
    }
  }

  @Test
  void aResponseThatBreaksOffCountsApart() throws IOException {
    try (ServerSocket breaking = new ServerSocket()) {
      breaking.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      Thread.ofPlatform().daemon().start(() -> breakEveryResponse(breaking));
      int frontend = ports.next();
      startApp("frontend", "v1", "frontend-0", frontend, breaking.getLocalPort());

      try (Load load = new Load(frontend, 100)) {
        await().atMost(LIMIT).until(() -> load.counts().failedAfter() > 5);
        assertThat(load.counts().failedBefore()).isZero();
        assertThat(load.counts().ok()).isZero();
      }
    }
  }

  @Test
  void aPodPrintsEverySecondWhatHasBecomeOfItsRequests() {
    int catalog = ports.next();
    int frontend = ports.next();
    Child killed = startApp("catalog", "v1", "catalog-0", catalog, 0);
    startApp("frontend", "v1", "frontend-0", frontend, catalog);

    startJava("load", LoadPod.class, List.of("100", "localhost", String.valueOf(frontend)));

    await()
        .atMost(LIMIT)
        .until(
            () ->
                printed("load")
                    .matches(
                        "(?s).*ok [1-9][0-9]*, failed 0, broken off 0, versions \\{v1=[1-9].*"));
    killed.kill();
    await()
        .atMost(LIMIT)
        .until(
            () ->
                printed("load").contains("status 502")
                    && printed("load").matches("(?s).*, failed [1-9].*"));
  }

  /** Announces ten bytes and sends three. */
  private static void breakEveryResponse(ServerSocket server) {
    try {
      while (true) {
        try (Socket connection = server.accept()) {
          byte[] request = new byte[4096];
          assertThat(connection.getInputStream().read(request)).isPositive();
          connection
              .getOutputStream()
              .write(
                  "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"
                      .getBytes(StandardCharsets.US_ASCII));
        }
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private Child startApp(String service, String version, String id, int port, int outboundPort) {
    Child app =
        startJava(
            id,
            DemoApp.class,
            List.of(service, version, id, String.valueOf(port), String.valueOf(outboundPort)));
    await().atMost(LIMIT).until(() -> listens(port));
    return app;
  }

  private Child startJava(String id, Class<?> main, List<String> arguments) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(arguments);
    return children.start(id, command);
  }

  private String printed(String name) throws IOException {
    return Files.readString(children.log(name));
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
