package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an application is configured with, from the command line to the application: a real control
 * plane, real sidecars, and a client of HTTP that we did not write.
 */
final class AppConfigMeshTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private ControlPlane controlPlane;
  private Cli cli;
  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    controlPlane = controlPlane(0);
    cli = new Cli();
  }

  private ControlPlane controlPlane(int port) {
    ControlPlane started =
        ControlPlane.start(
            ControlPlaneOptions.embedded(folder.resolve("store")).withPorts(port, 0));
    started.ready().join();
    return started;
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    client.close();
    cli.close();
    controlPlane.close();
  }

  @Test
  void theApplicationGetsWhatIsClosestToItAndWhatChangesWhenItIsInForce() throws Exception {
    entry("set", "log.level", "info");
    Sidecar catalog = sidecar("catalog-0", "catalog");
    Sidecar other = sidecar("basket-0", "basket");
    Sidecar labelled = sidecar("catalog-1", "catalog", "--label", "version=v2");
    assertThat(body(catalog, "log.level")).isEqualTo("info");

    entry("set", "log.level", "debug", "--service", "catalog", "--wait");
    assertThat(body(catalog, "log.level")).as("--wait waits for it").isEqualTo("debug");
    assertThat(body(labelled, "log.level")).isEqualTo("debug");
    assertThat(body(other, "log.level")).isEqualTo("info");

    entry("set", "log.level", "trace", "--service", "catalog", "-l", "version=v2", "--wait");
    assertThat(body(labelled, "log.level")).isEqualTo("trace");
    assertThat(body(catalog, "log.level")).isEqualTo("debug");

    entry("delete", "log.level", "--service", "catalog", "--wait");
    assertThat(body(catalog, "log.level")).isEqualTo("info");
    assertThat(body(labelled, "log.level")).isEqualTo("trace");

    assertThat(cli.bare(args("proxy-status"))).isZero();
    assertThat(cli.out.lines().filter(line -> line.startsWith("catalog-")))
        .allMatch(line -> line.contains("SYNCED"));
    assertThat(cli.bare(args("config", "catalog-1"))).isZero();
    assertThat(cli.out).contains("APP_CONFIG").contains("default/catalog");
  }

  @Test
  void aVersionThatIsKnownIsNotSentAgainAndWhatIsNotThereIsSaid() throws Exception {
    entry("set", "limits", "{\"max\": 5}", "--content-type", "application/json");
    Sidecar sidecar = sidecar("catalog-0", "catalog");

    HttpResponse<String> first = get(sidecar, "/config/limits");
    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(first.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(first.headers().firstValue("weft-config-revision")).isPresent();
    String etag = first.headers().firstValue("etag").orElseThrow();
    assertThat(get(sidecar, "/config/limits", "if-none-match", etag).statusCode()).isEqualTo(304);

    entry("set", "limits", "{\"max\": 6}", "--wait");
    HttpResponse<String> second = get(sidecar, "/config/limits", "if-none-match", etag);
    assertThat(second.statusCode()).isEqualTo(200);
    assertThat(second.body()).isEqualTo("{\"max\": 6}");

    HttpResponse<String> missing = get(sidecar, "/config/limit");
    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(missing.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(missing.body()).contains("there is no entry \\\"limit\\\" for this instance");
    assertThat(get(sidecar, "/config").body())
        .startsWith("{\"entries\":[{\"key\":\"limits\",\"contentType\":\"application/json\"");
  }

  @Test
  void aWatchBeginsWithWhatIsThereAndGoesOnWithEveryChange() throws Exception {
    entry("set", "a", "1");
    entry("set", "b", "2");
    Sidecar sidecar = sidecar("catalog-0", "catalog");
    await().atMost(PATIENCE).until(() -> get(sidecar, "/config/a").statusCode() == 200);

    try (Events all = new Events(sidecar, "/config?watch");
        Events one = new Events(sidecar, "/config/b?watch")) {
      assertThat(all.next()).startsWith("entry {\"key\":\"a\"").contains("\"value\":\"1\"");
      assertThat(all.next()).startsWith("entry {\"key\":\"b\"");
      assertThat(all.next()).isEqualTo("synced {\"entries\":2}");
      assertThat(one.next()).startsWith("entry {\"key\":\"b\"");
      assertThat(one.next()).isEqualTo("synced {\"entries\":1}");

      entry("set", "a", "line 1\nline 2");
      assertThat(all.next()).contains("\"value\":\"line 1\\nline 2\"");
      assertThat(all.next()).startsWith("synced");

      entry("delete", "b");
      assertThat(all.next()).isEqualTo("removed {\"key\":\"b\"}");
      assertThat(all.next()).isEqualTo("synced {\"entries\":1}");
      assertThat(one.nextAfterSynced()).as("nothing of a").isEqualTo("removed {\"key\":\"b\"}");
    }
  }

  @Test
  void withoutAControlPlaneTheLastGoodConfigurationGoesOnAlsoAfterARestart() throws Exception {
    entry("set", "log.level", "info");
    Sidecar sidecar = sidecar("catalog-0", "catalog");
    assertThat(body(sidecar, "log.level")).isEqualTo("info");
    int port = controlPlane.grpcPort();
    controlPlane.close();
    assertThat(body(sidecar, "log.level")).isEqualTo("info");
    opened.remove(sidecar);
    sidecar.close();

    Sidecar again = sidecarAt(port, "catalog-0", "catalog");
    assertThat(body(again, "log.level")).isEqualTo("info");

    controlPlane = controlPlane(port);
    entry("set", "log.level", "debug");
    await().atMost(PATIENCE).until(() -> body(again, "log.level").equals("debug"));
    assertThat(cli.bare(args("proxy-status", "-o", "json"))).isZero();
    assertThat(cli.out).contains("\"resourcesResumed\"");
  }

  @Test
  void aSidecarThatKnowsNothingYetSaysSo() throws Exception {
    int port = controlPlane.grpcPort();
    controlPlane.close();
    Sidecar sidecar = sidecarAt(port, "catalog-0", "catalog");

    HttpResponse<String> early = get(sidecar, "/config/log.level");
    assertThat(early.statusCode()).isEqualTo(503);
    assertThat(early.headers().firstValue("retry-after")).hasValue("1");
    assertThat(early.body()).contains("no configuration was received yet");
    try (Events watch = new Events(sidecar, "/config?watch")) {
      controlPlane = controlPlane(port);
      entry("set", "log.level", "info");
      assertThat(watch.nextAfterSynced()).contains("\"value\":\"info\"");
    }
  }

  @Test
  void aShareOfTheInstancesHasTheOtherValueAndTheSameOnesGoOnHavingIt() throws Exception {
    entry("set", "log.level", "info");
    List<Sidecar> catalog = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      catalog.add(sidecar("catalog-" + i, "catalog"));
    }

    entry("set", "log.level", "debug", "--percent", "25", "--wait");
    // As ReleaseShareTest has them.
    assertThat(having(catalog, "debug")).containsExactly(6, 14, 15);
    entry("release", "log.level", "--percent", "60", "--wait");
    assertThat(having(catalog, "debug")).contains(6, 14, 15).hasSizeBetween(5, 14);
    entry("release", "log.level", "--take-back", "--wait");
    assertThat(having(catalog, "info")).hasSize(16);

    entry("set", "log.level", "debug", "--percent", "25");
    entry("release", "log.level", "--finish", "--wait");
    assertThat(having(catalog, "debug")).hasSize(16);
    entry("history", "log.level");
    assertThat(cli.out.lines()).hasSize(7);
  }

  private List<Integer> having(List<Sidecar> sidecars, String value) throws Exception {
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < sidecars.size(); i++) {
      if (body(sidecars.get(i), "log.level").equals(value)) {
        found.add(i);
      }
    }
    return found;
  }

  @Test
  void filesFollowAsWellAndStayWhileThereIsNoControlPlane() throws Exception {
    entry("set", "log.level", "info");
    entry("set", "app.yaml", "a: 1\n");
    Path files = folder.resolve("files");
    Sidecar sidecar = sidecar("catalog-0", "catalog", "--config-dir", files.toString());
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(files.resolve("log.level")).hasContent("info");
              assertThat(files.resolve("app.yaml")).hasContent("a: 1\n");
            });

    entry("set", "log.level", "debug");
    entry("delete", "app.yaml");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(files.resolve("log.level")).hasContent("debug");
              assertThat(files.resolve("app.yaml")).doesNotExist();
            });
    controlPlane.close();
    opened.remove(sidecar);
    sidecar.close();
    assertThat(files.resolve("log.level")).hasContent("debug");
    controlPlane = controlPlane(0);
  }

  private Sidecar sidecar(String id, String service, String... more) throws IOException {
    Sidecar sidecar = sidecarAt(controlPlane.grpcPort(), id, service, more);
    await().atMost(PATIENCE).until(() -> get(sidecar, "/config").statusCode() == 200);
    return sidecar;
  }

  private Sidecar sidecarAt(int controlPlanePort, String id, String service, String... more)
      throws IOException {
    var flags =
        new ArrayList<>(
            List.of(
                "--node-id",
                id,
                "--service",
                service,
                "--control-plane",
                "127.0.0.1:" + controlPlanePort,
                "--outbound-port",
                "0",
                "--admin-port",
                "0",
                "--config-port",
                "0",
                "--state-dir",
                folder.resolve(id).toString(),
                "--drain-seconds",
                "0"));
    flags.addAll(List.of(more));
    Sidecar sidecar = Sidecar.start(SidecarOptions.parse(flags, Map.of()));
    opened.add(sidecar);
    return sidecar;
  }

  private String body(Sidecar sidecar, String key) throws Exception {
    HttpResponse<String> response = get(sidecar, "/config/" + key);
    return response.statusCode() == 200 ? response.body() : response.statusCode() + "";
  }

  private HttpResponse<String> get(Sidecar sidecar, String path, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + sidecar.configPort() + path))
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(PATIENCE);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private void entry(String... args) {
    String[] all = new String[args.length + 1];
    all[0] = "config-entry";
    System.arraycopy(args, 0, all, 1, args.length);
    assertThat(cli.bare(args(all))).as(() -> String.join(" ", args) + "\n" + cli.err).isZero();
  }

  private String[] args(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--control-plane";
    all[args.length + 1] = "127.0.0.1:" + controlPlane.grpcPort();
    return all;
  }

  /** A stream of server-sent events, read as it comes. */
  private static final class Events implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader lines;

    Events(Sidecar sidecar, String path) throws IOException {
      socket = new Socket("127.0.0.1", sidecar.configPort());
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n")
                  .getBytes(StandardCharsets.ISO_8859_1));
      lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      assertThat(lines.readLine()).isEqualTo("HTTP/1.1 200 OK");
      assertThat(lines.readLine()).isEqualTo("content-type: text/event-stream");
      while (!Objects.requireNonNull(lines.readLine()).isEmpty()) {
        // The other headers.
      }
    }

    /** Type and data of the next event. */
    String next() throws IOException {
      String type = "";
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("event: ")) {
          type = line.substring("event: ".length());
        } else if (line.startsWith("data: ")) {
          return type + " " + line.substring("data: ".length());
        }
      }
      throw new IOException("the stream has ended");
    }

    String nextAfterSynced() throws IOException {
      String event = next();
      while (event.startsWith("synced")) {
        event = next();
      }
      return event;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
