package dev.weft.sidecar.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real browser, headless, which shows a page of another origin: it asks the sidecar by a
 * preflight whether the page may call, and the page calls a gRPC service in both forms of gRPC-Web.
 * Left out with a notice where there is no Chromium.
 */
class BrowserTest {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

  @TempDir Path folder;

  private final BlockingQueue<String> reports = new LinkedBlockingQueue<>();
  private @Nullable HttpServer pages;
  private @Nullable Process browser;

  @AfterEach
  void stop() throws InterruptedException {
    if (browser != null) {
      browser.descendants().forEach(ProcessHandle::destroyForcibly);
      browser.destroyForcibly().waitFor();
    }
    if (pages != null) {
      pages.stop(0);
    }
  }

  @Test
  void aPageThatMayCallReadsMessagesStatusesAndStreams() throws Exception {
    Path chromium = chromium();
    int pagePort = servePages();
    try (var server = new EchoServer("one");
        var mesh =
            new TwoSidecars(
                folder.resolve("state"),
                route -> route.setCors(TwoSidecars.cors("http://127.0.0.1:" + pagePort)),
                server.port())) {
      String seen = show(chromium, mesh, "http://127.0.0.1:" + pagePort + "/");
      List<String> once =
          List.of(
              "one hello | grpc-status: 0",
              "one a | one b | one c | grpc-status: 0",
              "one a | grpc-status: 9, grpc-message: no",
              "status 5 none",
              "one a");
      assertThat(seen.lines())
          .as(this::log)
          .containsExactlyElementsOf(Stream.concat(once.stream(), once.stream()).toList());
      // The page left two streams.
      await().untilAsserted(() -> assertThat(server.cancelled).hasValue(2));
    }
  }

  /** The same page under another name is of another origin, which nobody has allowed to call. */
  @Test
  void aPageThatMayNotCallIsKeptFromItByTheBrowser() throws Exception {
    Path chromium = chromium();
    int pagePort = servePages();
    try (var server = new EchoServer("one");
        var mesh =
            new TwoSidecars(
                folder.resolve("state"),
                route -> route.setCors(TwoSidecars.cors("http://127.0.0.1:" + pagePort)),
                server.port())) {
      String seen = show(chromium, mesh, "http://elsewhere:" + pagePort + "/");
      assertThat(seen.lines())
          .as(this::log)
          .hasSize(10)
          .allMatch(line -> line.equals("TypeError: Failed to fetch"));
      assertThat(server.calls).hasValue(0);
    }
  }

  private String show(Path chromium, TwoSidecars mesh, String page) throws Exception {
    browser =
        new ProcessBuilder(
                chromium.toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--user-data-dir=" + folder.resolve("profile"),
                "--host-resolver-rules=MAP echo:80 127.0.0.1:"
                    + mesh.outboundPort()
                    + ", MAP elsewhere 127.0.0.1",
                page)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("browser.txt").toFile())
            .start();
    String seen = reports.poll(90, TimeUnit.SECONDS);
    assertThat(seen).as(this::log).isNotNull();
    return Objects.requireNonNull(seen);
  }

  /** Shows the page to whoever asks, and takes its report. */
  private int servePages() throws IOException {
    byte[] page = Files.readAllBytes(Path.of("src", "test", "browser", "page.html"));
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.createContext(
        "/",
        exchange -> {
          exchange.getResponseHeaders().set("content-type", "text/html");
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    server.createContext(
        "/report",
        exchange -> {
          byte[] report = exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
          reports.add(new String(report, StandardCharsets.UTF_8));
        });
    server.start();
    pages = server;
    return server.getAddress().getPort();
  }

  private static Path chromium() {
    Path found =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
            .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(null);
    assumeTrue(found != null, "left out: there is no Chromium (Debian's package chromium)");
    return Objects.requireNonNull(found);
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("browser.txt"));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
