package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One control plane of several on one etcd, a process of its own; always on the same ports. */
final class ReplicaProcess implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private final String id;
  private final String store;
  private final Duration ttl;
  private final Path log;
  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;
  private final int metricsPort;
  private @Nullable Process process;

  ReplicaProcess(String id, String store, Duration ttl, Path folder) {
    this.id = id;
    this.store = store;
    this.ttl = ttl;
    this.log = folder.resolve("control-plane-" + id + ".log");
    List<Integer> ports = Ports.free(2);
    port = ports.getFirst();
    metricsPort = ports.getLast();
  }

  String id() {
    return id;
  }

  int port() {
    return port;
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  boolean alive() {
    Process running = process;
    return running != null && running.isAlive();
  }

  /** Returns when it serves. */
  void start() {
    List<String> command =
        JavaCommand.of(
            "dev.weft.controlplane.app.ControlPlaneMain",
            "--store",
            "etcd",
            "--etcd-endpoints",
            store,
            "--grpc-port",
            String.valueOf(port),
            "--metrics-port",
            String.valueOf(metricsPort),
            "--instance-ttl",
            ttl.toSeconds() + "s",
            "--replica-id",
            id,
            "--kubernetes",
            "off");
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    await()
        .atMost(START)
        .failFast(() -> assertThat(alive()).as(log()).isTrue())
        .until(() -> page("/ready").startsWith("ready at"));
  }

  /** SIGTERM; returns when it has gone. */
  void end() {
    Process running = Objects.requireNonNull(process);
    running.destroy();
    running.onExit().join();
  }

  /** SIGKILL. */
  void kill() {
    Process running = Objects.requireNonNull(process);
    running.destroyForcibly();
    running.onExit().join();
  }

  /**
   * A metric that has no labels.
   *
   * @throws UncheckedIOException if nobody answers in time, or the answer has no such metric: that
   *     is not 0
   */
  double metric(String name) {
    try {
      String page = fetch("/metrics");
      return page.lines()
          .filter(line -> line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .findFirst()
          .orElseThrow(() -> new IOException("no metric " + name + " in: " + page));
    } catch (IOException e) {
      throw new UncheckedIOException("replica " + id + ": " + e.getMessage(), e);
    }
  }

  /** Whether it says that it is the one that removes silent instances; not while it is away. */
  boolean leads() {
    return page("/metrics").lines().anyMatch("weft_reaper_leading 1.0"::equals);
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return "no log: " + e.getMessage();
    }
  }

  /** Empty while nobody answers. */
  private String page(String path) {
    try {
      return fetch(path);
    } catch (IOException e) {
      return "";
    }
  }

  private String fetch(String path) throws IOException {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + metricsPort + path))
                  .timeout(ANSWER)
                  .build(),
              BodyHandlers.ofString())
          .body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() {
    if (process != null) {
      kill();
    }
    http.close();
  }
}
