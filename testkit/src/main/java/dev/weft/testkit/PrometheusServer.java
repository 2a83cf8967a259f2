package dev.weft.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/**
 * The real Prometheus of the PATH ({@code apt-get install prometheus}) on a free port of the
 * loopback, which scrapes what it is told once a second. Closing it ends it; its data are in the
 * directory that it is given. For one thread.
 */
public final class PrometheusServer implements AutoCloseable {
  /** What has to be on the PATH. */
  public static final String PROGRAM = "prometheus";

  private static final String GLOBAL =
      "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n";
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(20);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final Path log;
  private final int port;

  /**
   * Something to be scraped.
   *
   * @param address host and port
   * @param labels that each of its series gets, as a scrape configuration would give them
   */
  public record Target(String address, Map<String, String> labels) {
    public Target {
      labels = Map.copyOf(labels);
    }

    private String yaml() {
      return new TreeMap<>(labels)
          .entrySet().stream()
              .map(label -> label.getKey() + ": \"" + label.getValue() + "\"")
              .collect(
                  Collectors.joining(
                      ", ", "      - {targets: [\"" + address + "\"], labels: {", "}}\n"));
    }
  }

  private PrometheusServer(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.port = port;
  }

  /**
   * Starts one that scrapes targets; see {@link #start(Path, String)}.
   *
   * @param rules files of alerting rules
   */
  public static PrometheusServer start(Path directory, List<Target> targets, List<Path> rules) {
    return start(directory, configuration(targets, rules));
  }

  /**
   * Starts one. Blocks until it serves.
   *
   * @param directory for its configuration and its data
   * @param scraped the part {@code scrape_configs} of its configuration, and what else it has
   * @throws IllegalStateException if there is none on the PATH, or it does not start (it shows the
   *     log)
   */
  public static PrometheusServer start(Path directory, String scraped) {
    Path program = Programs.find(PROGRAM);
    if (program == null) {
      throw new IllegalStateException(
          "this test needs Prometheus: install it (Debian, Ubuntu: apt-get install prometheus) so"
              + " that it is on the PATH");
    }
    int port = Ports.free();
    Path log = directory.resolve("prometheus.log");
    try {
      Path configuration = Files.writeString(directory.resolve("prometheus.yml"), GLOBAL + scraped);
      var started =
          new PrometheusServer(
              new ProcessBuilder(
                      program.toString(),
                      "--config.file=" + configuration,
                      "--storage.tsdb.path=" + directory.resolve("prometheus"),
                      "--web.listen-address=127.0.0.1:" + port,
                      "--log.level=warn")
                  .redirectErrorStream(true)
                  .redirectOutput(log.toFile())
                  .start(),
              log,
              port);
      try {
        Awaitility.await()
            .atMost(START_TIMEOUT)
            .until(() -> !started.process.isAlive() || started.serves());
        if (!started.process.isAlive()) {
          throw new IllegalStateException("Prometheus ended at once: " + started.log());
        }
        return started;
      } catch (RuntimeException e) {
        started.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + program, e);
    }
  }

  /**
   * Asks its HTTP API.
   *
   * @param path for example {@code /api/v1/query}
   * @return the answer, which is JSON; that of an error, too
   */
  public String get(String path, Map<String, String> parameters) {
    String query =
        new TreeMap<>(parameters)
            .entrySet().stream()
                .map(each -> encoded(each.getKey()) + "=" + encoded(each.getValue()))
                .collect(Collectors.joining("&"));
    try {
      return send(path + (query.isEmpty() ? "" : "?" + query)).body();
    } catch (IOException e) {
      throw new UncheckedIOException("Prometheus does not answer to " + path + ": " + log(), e);
    }
  }

  @Override
  public void close() {
    http.close();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }

  private boolean serves() {
    try {
      return send("/-/ready").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private HttpResponse<String> send(String pathAndQuery) throws IOException {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + pathAndQuery))
              .timeout(CALL_TIMEOUT)
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return "no log: " + e.getMessage();
    }
  }

  private static String configuration(List<Target> targets, List<Path> rules) {
    return "rule_files: ["
        + rules.stream()
            .map(file -> "\"" + file.toAbsolutePath() + "\"")
            .collect(Collectors.joining(", "))
        + "]\nscrape_configs:\n  - job_name: weft\n    static_configs:\n"
        + targets.stream().map(Target::yaml).collect(Collectors.joining());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
