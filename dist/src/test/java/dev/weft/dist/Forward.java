package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.testkit.cluster.Cluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a {@code kubectl} that goes on running forwards from a port that is free here, and a client
 * for it.
 */
final class Forward implements AutoCloseable {
  private static final Pattern FORWARDED = Pattern.compile("127\\.0\\.0\\.1:([0-9]+)");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final HttpClient client = HttpClient.newHttpClient();
  private final Process process;
  private final String port;

  /** {@code kubectl port-forward}; the target runs. */
  Forward(Cluster cluster, String target, int targetPort) throws IOException {
    this(
        List.of(
            "kubectl",
            "port-forward",
            "--namespace=" + cluster.namespace(),
            "--address=127.0.0.1",
            target,
            ":" + targetPort));
  }

  private Forward(List<String> command) throws IOException {
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    Matcher forwarded = FORWARDED.matcher(line == null ? "" : line);
    assertThat(forwarded.find()).as(line).isTrue();
    port = forwarded.group(1);
    Thread.ofVirtual().start(() -> out.lines().forEach(rest -> {}));
  }

  /** {@code kubectl proxy}: everything that the API server has, ports of pods below it. */
  static Forward apiServer() throws IOException {
    return new Forward(List.of("kubectl", "proxy", "--address=127.0.0.1", "--port=0"));
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(TIMEOUT)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    process.destroy();
    client.close();
  }
}
