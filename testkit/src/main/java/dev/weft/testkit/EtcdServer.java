package dev.weft.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One real etcd with data in a temporary directory, on free ports of the loopback: the {@code etcd}
 * of the PATH, or a container where Docker runs. It can be killed without mercy and started again
 * on the same data and ports. Closing it, or the end of this process, ends it and removes its data.
 * For one thread.
 */
public final class EtcdServer implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);

  private final @Nullable Tls tls;
  private final int port;
  private final EtcdNode node;
  private final Thread onExit;

  /**
   * How a server speaks TLS: with a certificate for localhost and 127.0.0.1.
   *
   * @param ca who signs the server's certificate, and has to have signed those of clients
   * @param clientCertificates whether clients have to bring one
   */
  public record Tls(TestCa ca, boolean clientCertificates) {}

  private EtcdServer(@Nullable Tls tls, List<String> extraArguments) {
    this.tls = tls;
    List<Integer> ports = Ports.free(2);
    port = ports.get(0);
    node = node(ports.get(1), extraArguments);
    onExit = Thread.ofPlatform().unstarted(node::close);
    Runtime.getRuntime().addShutdownHook(onExit);
  }

  /** Starts one without TLS. Blocks until it serves; throws as {@link #start(Tls, String...)}. */
  public static EtcdServer start() {
    return start(null);
  }

  /**
   * Starts one. Blocks until it serves.
   *
   * @param tls how it speaks TLS, or null if it does not
   * @param extraArguments further arguments of etcd
   * @throws IllegalStateException if there is no etcd here (it says what to install), or it does
   *     not start (it shows the log)
   */
  public static EtcdServer start(@Nullable Tls tls, String... extraArguments) {
    EtcdServer server = new EtcdServer(tls, List.of(extraArguments));
    try {
      server.startAgain();
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** Where clients connect: {@code http://127.0.0.1:PORT}, or https. */
  public String endpoint() {
    return scheme() + "://127.0.0.1:" + port;
  }

  /** The port of {@link #endpoint}. */
  public int port() {
    return port;
  }

  /** Ends it at once (SIGKILL); its data stays. Nothing happens if it does not run. */
  public void kill() {
    node.kill();
  }

  /** Starts it after {@link #kill} on the same data and ports. Blocks until it serves. */
  public void startAgain() {
    node.start();
    try {
      Awaitility.await()
          .atMost(START_TIMEOUT)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> !node.alive() || serves());
    } catch (ConditionTimeoutException e) {
      throw new IllegalStateException(
          "etcd does not serve after " + START_TIMEOUT.toSeconds() + " s: " + node.log(), e);
    }
    if (!node.alive()) {
      throw new IllegalStateException("etcd ended at once: " + node.log());
    }
  }

  /**
   * Ends it and removes its data: {@link #startAgain} then gives another, empty etcd on the same
   * ports.
   */
  public void wipe() {
    node.kill();
    node.removeData();
  }

  /** Keeps a copy of its data as it is now. Ends it, and starts it again. */
  public void saveData() {
    node.kill();
    node.saveData();
    startAgain();
  }

  /** Ends it and sets it back to the copy; {@link #startAgain} starts it with that. */
  public void restoreData() {
    node.kill();
    node.restoreData();
  }

  /** Forgets history up to a revision, as an operator would. */
  public void compact(long revision) {
    call("/v3/kv/compaction", "{\"revision\":\"" + revision + "\",\"physical\":true}");
  }

  /**
   * Calls etcd's JSON gateway.
   *
   * @param path for example {@code /v3/auth/enable}
   * @param json the request
   * @return the answer
   * @throws IllegalStateException if it is not 200
   */
  public String call(String path, String json) {
    try {
      HttpResponse<String> response = send(path, HttpRequest.BodyPublishers.ofString(json));
      if (response.statusCode() != 200) {
        throw new IllegalStateException(
            "etcd answers " + response.statusCode() + " to " + path + ": " + response.body());
      }
      return response.body();
    } catch (IOException e) {
      throw new UncheckedIOException("etcd does not answer to " + path, e);
    }
  }

  @Override
  public void close() {
    node.close();
    try {
      Runtime.getRuntime().removeShutdownHook(onExit);
    } catch (IllegalStateException e) {
      // The process is ending; the hook has run or will.
    }
  }

  private boolean serves() {
    try {
      // It answers anything only once it has a leader.
      return send("/version", HttpRequest.BodyPublishers.noBody()).statusCode() > 0;
    } catch (IOException e) {
      return false;
    }
  }

  private HttpResponse<String> send(String path, HttpRequest.BodyPublisher body)
      throws IOException {
    HttpClient.Builder builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
    if (tls != null) {
      builder.sslContext(tls.ca().sslContext(tls.ca().issue("root")));
    }
    try (HttpClient client = builder.connectTimeout(CALL_TIMEOUT).build()) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(endpoint() + path)).timeout(CALL_TIMEOUT);
      return client.send(
          (path.equals("/version") ? request.GET() : request.POST(body)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private String scheme() {
    return tls == null ? "http" : "https";
  }

  private EtcdNode node(int peerPort, List<String> extraArguments) {
    Path executable = EtcdProcess.find();
    if (executable == null && !DockerHere.works()) {
      throw new IllegalStateException(
          "this test needs etcd: install it (Debian, Ubuntu: apt-get install etcd-server; Fedora: dnf install etcd;"
              + " macOS: brew install etcd) so that it is on the PATH, or start Docker");
    }
    try {
      Path directory = Files.createTempDirectory("weft-etcd-");
      if (executable != null) {
        return new EtcdProcess(
            executable,
            directory,
            arguments("127.0.0.1", peerPort, directory, directory.toString(), extraArguments));
      }
      return new EtcdContainer(
          directory,
          arguments("0.0.0.0", peerPort, directory, EtcdContainer.FILES, extraArguments),
          container -> container.setPortBindings(List.of("127.0.0.1:" + port + ":" + port)));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make a directory for etcd", e);
    }
  }

  private List<String> arguments(
      String listen, int peerPort, Path directory, String files, List<String> extraArguments) {
    String peer = "http://127.0.0.1:" + peerPort;
    List<String> arguments = new ArrayList<>();
    arguments.add("--name=weft");
    arguments.add("--listen-client-urls=" + scheme() + "://" + listen + ":" + port);
    arguments.add("--advertise-client-urls=" + endpoint());
    arguments.add("--listen-peer-urls=" + peer);
    arguments.add("--initial-advertise-peer-urls=" + peer);
    arguments.add("--initial-cluster=weft=" + peer);
    arguments.add("--log-level=warn");
    if (tls != null) {
      tls.ca().write(directory.resolve("ca.crt"));
      tls.ca().issue("root", "localhost", "127.0.0.1").write(directory, "server");
      arguments.add("--cert-file=" + files + "/server.crt");
      arguments.add("--key-file=" + files + "/server.key");
      if (tls.clientCertificates()) {
        arguments.add("--client-cert-auth=true");
        arguments.add("--trusted-ca-file=" + files + "/ca.crt");
      }
    }
    arguments.addAll(extraArguments);
    return arguments;
  }
}
