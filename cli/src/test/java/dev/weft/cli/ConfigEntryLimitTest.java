package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlane;
import dev.weft.controlplane.app.ControlPlaneOptions;
import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * As much configuration as there may be reaches the application, and what is beyond reaches nobody:
 * a real control plane and a real sidecar.
 */
final class ConfigEntryLimitTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int OF_A_LEVEL = 128;

  /** As long as all entries of a level may have them. */
  private static final String VALUE = "x".repeat(2_000);

  private final HttpClient client = HttpClient.newHttpClient();
  private ControlPlane controlPlane;
  private Sidecar sidecar;
  private Cli cli;
  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    controlPlane =
        ControlPlane.start(ControlPlaneOptions.embedded(folder.resolve("store")).withPorts(0, 0));
    controlPlane.ready().join();
    cli = new Cli();
    sidecar =
        Sidecar.start(
            SidecarOptions.parse(
                List.of(
                    "--node-id=catalog-0",
                    "--service=catalog",
                    "--control-plane=127.0.0.1:" + controlPlane.grpcPort(),
                    "--outbound-port=0",
                    "--admin-port=0",
                    "--config-port=0",
                    "--config-dir=" + folder.resolve("files"),
                    "--drain-seconds=0"),
                Map.of()));
  }

  @AfterEach
  void stop() {
    sidecar.close();
    client.close();
    cli.close();
    controlPlane.close();
  }

  @Test
  void allThreeLevelsFullAreServedAndOneMoreOfAnyIsRefusedAndChangesNothing() throws Exception {
    var all = new StringBuilder();
    for (int i = 0; i < OF_A_LEVEL; i++) {
      all.append(entry("mesh", i, "weft-system", "{mesh: true}"))
          .append(entry("namespace", i, "default", "{}"))
          .append(entry("service", i, "default", "{service: catalog}"));
    }
    assertThat(apply(all.toString())).as(cli.err).isZero();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(keys(config())).isEqualTo(3 * OF_A_LEVEL));
    await().atMost(PATIENCE).until(() -> files() == 3 * OF_A_LEVEL);
    String before = config();

    refused(entry("mesh", OF_A_LEVEL, "weft-system", "{mesh: true}"), "of the whole mesh");
    refused(entry("namespace", OF_A_LEVEL, "default", "{}"), "of namespace \"default\"");
    refused(
        entry("service", OF_A_LEVEL, "default", "{service: catalog}"),
        "of service default/catalog");
    assertThat(apply(entry("service", 7, "default", "{service: catalog}").replace(VALUE, "small")))
        .as("one that is there can be changed: %s", cli.err)
        .isZero();
    await().atMost(PATIENCE).until(() -> !config().equals(before));
    assertThat(keys(config())).isEqualTo(3 * OF_A_LEVEL);

    assertThat(weft("config-entry", "delete", "mesh-0", "--mesh")).as(cli.err).isZero();
    assertThat(apply(entry("mesh", OF_A_LEVEL, "weft-system", "{mesh: true}")))
        .as("there is room again: %s", cli.err)
        .isZero();
    await().atMost(PATIENCE).until(() -> config().contains("\"mesh-" + OF_A_LEVEL + "\""));
  }

  /** With another document, of which nothing is written either. */
  private void refused(String entry, String level) throws Exception {
    String before = config();
    String service =
        """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: beside}
        spec: {ports: [{port: 80}]}
        """;
    assertThat(apply(entry + service)).isEqualTo(1);
    assertThat(cli.err)
        .contains("entries.yaml:", "(document 1), ConfigEntry ")
        .contains(
            ": would be 129 entries "
                + level
                + ", expected at most 128 entries together: delete what nothing reads, or put"
                + " several values into one entry",
            "field:    metadata.name",
            "nothing was applied");
    assertThat(weft("get", "service", "beside")).as("nothing of it is written").isEqualTo(1);
    assertThat(config()).isEqualTo(before);
  }

  private static String entry(String level, int number, String namespace, String scope) {
    return """
        ---
        apiVersion: weft.dev/v1alpha1
        kind: ConfigEntry
        metadata: {name: %s-%d, namespace: %s}
        spec: {key: %s-%d, scope: %s, value: %s}
        """
        .formatted(level, number, namespace, level, number, scope, VALUE);
  }

  private int apply(String manifest) throws IOException {
    Path file = Files.writeString(folder.resolve("entries.yaml"), manifest);
    return weft("apply", "-f", file.toString());
  }

  private int weft(String... args) {
    return cli.bare(
        Stream.concat(
                Stream.of(args),
                Stream.of("--control-plane", "127.0.0.1:" + controlPlane.grpcPort()))
            .toArray(String[]::new));
  }

  /** What the application is told that there is, with the versions. */
  private String config() throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + sidecar.configPort() + "/config"));
    return client.send(request.build(), BodyHandlers.ofString()).body();
  }

  private static int keys(String config) {
    return config.split("\"key\":", -1).length - 1;
  }

  private long files() throws IOException {
    Path files = folder.resolve("files");
    if (!Files.isDirectory(files)) {
      return 0;
    }
    try (Stream<Path> all = Files.list(files)) {
      return all.filter(file -> !file.getFileName().toString().startsWith(".")).count();
    }
  }
}
