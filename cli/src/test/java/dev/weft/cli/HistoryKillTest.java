package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.controlplane.app.ControlPlaneMain;
import dev.weft.testkit.EtcdServer;
import dev.weft.testkit.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The history has every change that was acknowledged, as it was: control plane and etcd are
 * processes of their own, and are killed again and again while changes are written.
 */
final class HistoryKillTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int ROUNDS = 3;
  private static final int BEFORE_THE_KILL = 3;

  /** Of a document, so that a change's number can be told from it. */
  private static final int FIRST_PORT = 10_000;

  private static final Pattern CHANGE = Pattern.compile("(?m)^(\\d+) .* change (\\d+)$");

  private final Semaphore allowed = new Semaphore(0);
  private final List<Integer> acknowledged = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean ended;
  private @Nullable Process controlPlane;
  private @Nullable EtcdServer etcd;
  private Cli cli;
  private int port;
  private List<String> store = List.of();
  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    port = Ports.free(1).getFirst();
    cli = new Cli();
  }

  @AfterEach
  void stop() {
    ended = true;
    allowed.release();
    if (controlPlane != null) {
      controlPlane.destroyForcibly().onExit().join();
    }
    if (etcd != null) {
      etcd.close();
    }
    cli.close();
  }

  @Test
  void onTheEmbeddedStore() throws Exception {
    store = List.of("--data-dir=" + folder.resolve("store"));
    killWhileChangesAreWritten();
    rollBackAndKill();
  }

  @Test
  void onEtcdWhichIsKilledToo() throws Exception {
    EtcdServer started = EtcdServer.start();
    etcd = started;
    store = List.of("--store=etcd", "--etcd-endpoints=" + started.endpoint());
    killWhileChangesAreWritten();
    rollBackAndKill();
  }

  private void killWhileChangesAreWritten() throws Exception {
    launch();
    Thread writer = Thread.ofPlatform().name("changes").start(this::change);
    for (int round = 1; round <= ROUNDS; round++) {
      // More than are waited for: the kill comes upon one that is under way.
      allowed.release(2 * BEFORE_THE_KILL);
      int enough = acknowledged.size() + BEFORE_THE_KILL;
      await().atMost(PATIENCE).until(() -> acknowledged.size() >= enough);
      kill();
      launch();
    }
    ended = true;
    allowed.release();
    writer.join();

    Map<Integer, Long> known = history();
    assertThat(known.keySet()).containsAll(acknowledged);
    for (Map.Entry<Integer, Long> one : known.entrySet()) {
      assertThat(at(one.getValue())).contains("port: " + (FIRST_PORT + one.getKey()));
    }
    int last = Collections.max(known.keySet());
    assertThat(weft("get", "service", "catalog", "-o", "yaml")).isZero();
    assertThat(cli.out).as("in force is the newest").contains("port: " + (FIRST_PORT + last));
  }

  private void rollBackAndKill() throws Exception {
    Map<Integer, Long> known = history();
    int first = acknowledged.getFirst();
    String good = known.get(first) + "";
    String bad = known.get(Collections.max(known.keySet())) + "";
    assertThat(weft("rollback", "service", "catalog", "--to", good, "--reason", "loud"))
        .as(cli.err)
        .isZero();
    kill();
    launch();

    awaitAnswer("history", "service", "catalog", "--limit", "1");
    assertThat(cli.out).contains("rollback to revision " + good + ": loud");
    assertThat(weft("diff", "--revision", good, "now", "service", "catalog", "--exit-code"))
        .isZero();
    assertThat(weft("diff", "--revision", bad, "now", "service", "catalog", "--exit-code"))
        .isEqualTo(1);
    assertThat(cli.out).contains("+    - port: " + (FIRST_PORT + first) + "\n");
    assertThat(history()).as("a way back loses nothing").isEqualTo(known);
    assertThat(weft("rollback", "service", "catalog", "--to", bad)).as(cli.err).isZero();
  }

  /** One change after the other; those that get no answer may have been written, or not. */
  private void change() {
    try (var own = new Cli()) {
      for (int number = 1; ; number++) {
        allowed.acquire();
        if (ended) {
          return;
        }
        Path file = folder.resolve("catalog.yaml");
        Files.writeString(
            file,
            """
            apiVersion: v1
            kind: Service
            metadata: {name: catalog}
            spec: {ports: [{port: %d}]}
            """
                .formatted(FIRST_PORT + number));
        if (own.bare(to("apply", "-f", file.toString(), "--reason", "change " + number)) == 0) {
          acknowledged.add(number);
        } else {
          // Let it come again, as another.
          allowed.release();
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The numbers of the changes that are known, with their revisions. */
  private Map<Integer, Long> history() {
    awaitAnswer("history", "service", "catalog", "--limit", "0");
    var known = new LinkedHashMap<Integer, Long>();
    CHANGE
        .matcher(cli.out)
        .results()
        .forEach(
            line ->
                assertThat(known.put(Integer.valueOf(line.group(2)), Long.valueOf(line.group(1))))
                    .as("once each")
                    .isNull());
    return known;
  }

  private String at(long revision) {
    assertThat(weft("get", "service", "catalog", "--revision", revision + "", "-o", "yaml"))
        .as(cli.err)
        .isZero();
    return cli.out;
  }

  private void launch() throws IOException {
    List<String> command =
        JavaCommand.of(
            ControlPlaneMain.class.getName(),
            "--grpc-port=" + port,
            "--metrics-port=0",
            "--kubernetes=off");
    command.addAll(store);
    controlPlane =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(folder.resolve("control-plane.log").toFile()))
            .start();
  }

  private void kill() throws InterruptedException {
    Process running = Objects.requireNonNull(controlPlane);
    EtcdServer behind = etcd;
    if (behind != null) {
      behind.kill();
    }
    running.destroyForcibly();
    assertThat(running.waitFor()).isEqualTo(137);
    if (behind != null) {
      behind.startAgain();
    }
  }

  private void awaitAnswer(String... args) {
    await().atMost(PATIENCE).until(() -> weft(args) == 0);
  }

  private int weft(String... args) {
    return cli.bare(to(args));
  }

  private String[] to(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--control-plane", "127.0.0.1:" + port, "--timeout", "5"));
    return all.toArray(String[]::new);
  }
}
