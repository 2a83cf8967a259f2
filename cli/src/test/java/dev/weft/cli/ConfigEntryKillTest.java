package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlaneMain;
import dev.weft.sidecar.app.Sidecar;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What was acknowledged is there: a control plane, a process of its own, is killed as soon as it
 * has said so, again and again, and a sidecar goes on through all of it.
 */
final class ConfigEntryKillTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ROUNDS = 4;

  private final HttpClient client = HttpClient.newHttpClient();
  private @Nullable Process controlPlane;
  private @Nullable Sidecar sidecar;
  private Cli cli;
  private int port;
  private List<String> store = List.of();
  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    cli = new Cli();
    port = Ports.free();
  }

  @AfterEach
  void stop() {
    if (sidecar != null) {
      sidecar.close();
    }
    if (controlPlane != null) {
      controlPlane.destroyForcibly().onExit().join();
    }
    client.close();
    cli.close();
  }

  @Test
  void whatTheEmbeddedStoreAcknowledgedIsThereAfterAKill() throws Exception {
    store = List.of("--data-dir=" + folder.resolve("store"));
    killAgainAndAgain();
  }

  @Test
  void whatEtcdAcknowledgedIsThereAfterAKill() throws Exception {
    try (EtcdServer etcd = EtcdServer.start()) {
      store = List.of("--store=etcd", "--etcd-endpoints=" + etcd.endpoint());
      killAgainAndAgain();
    }
  }

  private void killAgainAndAgain() throws Exception {
    launch();
    Sidecar ours = sidecar();
    sidecar = ours;
    for (int round = 1; round <= ROUNDS; round++) {
      String value = "round " + round;
      await().atMost(PATIENCE).until(() -> weft("set", "log.level", value) == 0);
      kill();

      launch();
      await().atMost(PATIENCE).until(() -> weft("get", "log.level") == 0);
      assertThat(cli.out).isEqualTo(value + "\n");
      await().atMost(PATIENCE).until(() -> value.equals(atTheApplication(ours)));
    }
    assertThat(weft("history", "log.level")).isZero();
    assertThat(cli.out.lines().skip(1)).hasSize(ROUNDS);
  }

  private void launch() throws IOException {
    List<String> command =
        JavaCommand.of(ControlPlaneMain.class.getName(), "--grpc-port=" + port, "--metrics-port=0");
    command.addAll(store);
    controlPlane =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("control-plane.log").toFile())
            .start();
  }

  private void kill() throws InterruptedException {
    Process running = Objects.requireNonNull(controlPlane);
    running.destroyForcibly();
    assertThat(running.waitFor()).isEqualTo(137);
  }

  private Sidecar sidecar() throws IOException {
    return Sidecar.start(
        SidecarOptions.parse(
            List.of(
                "--node-id=catalog-0",
                "--service=catalog",
                "--control-plane=127.0.0.1:" + port,
                "--outbound-port=0",
                "--admin-port=0",
                "--config-port=0"),
            Map.of()));
  }

  private String atTheApplication(Sidecar of) throws Exception {
    var request =
        HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + of.configPort() + "/config/log.level"));
    return client.send(request.build(), BodyHandlers.ofString()).body();
  }

  private int weft(String... args) {
    List<String> all = new ArrayList<>(List.of("config-entry"));
    all.addAll(List.of(args));
    all.addAll(List.of("--control-plane", "127.0.0.1:" + port, "--timeout", "5"));
    return cli.bare(all.toArray(String[]::new));
  }
}
