package dev.weft.testkit.cluster;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * A namespace of a test's own in the cluster of {@code KUBECONFIG}. Closing it deletes the
 * namespace with everything in it, without waiting for the end of that. Thread-safe.
 */
public final class Cluster implements AutoCloseable {
  static final String NONE =
      "needs Kubernetes: set KUBECONFIG to the file of a cluster that may be changed";

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration LONGEST = PATIENCE.plusSeconds(30);

  /**
   * What kubectl says when the API server, or its etcd, had no time for it, or does not serve yet
   * what it has just been told of.
   */
  private static final Pattern BUSY =
      Pattern.compile(
          "The connection to the server \\S+ was refused|Unable to connect to the server"
              + "|TLS handshake timeout|etcdserver: (request timed out|leader changed)"
              + "|ensure CRDs are installed first");

  private static final Duration BUSY_FOR = Duration.ofMinutes(1);
  private static final String PREFIX = "weft-test-";
  private static final int NAME_DIGITS = 6;
  private static final int HTTPS = 443;

  private final String namespace;

  private Cluster(String namespace) {
    this.namespace = namespace;
  }

  /** Whether {@code KUBECONFIG} names a cluster. */
  public static boolean available() {
    String files = System.getenv("KUBECONFIG");
    return files != null && !files.isBlank();
  }

  /**
   * Makes a namespace.
   *
   * @throws IllegalStateException with what kubectl says if that is not possible
   */
  public static Cluster open() {
    var name = new StringBuilder(PREFIX);
    for (int i = 0; i < NAME_DIGITS; i++) {
      name.append((char) ('a' + ThreadLocalRandom.current().nextInt(26)));
    }
    Cluster cluster = new Cluster(name.toString());
    cluster.everywhere("create", "namespace", cluster.namespace);
    cluster.awaitAccount();
    return cluster;
  }

  /**
   * Waits until the namespace has its account, which the cluster makes a moment after it: pods are
   * refused until then, and those without a controller are not tried again.
   */
  public void awaitAccount() {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> !field("serviceaccount/default", "{.metadata.name}").isEmpty());
  }

  /**
   * Waits until nothing is left of namespaces that earlier tests have closed: whoever counts what
   * happens in the whole cluster would count their end.
   */
  public void awaitOthersGone() {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                everywhere(
                        "get",
                        "namespaces",
                        "-o",
                        "jsonpath={range .items[*]}{.status.phase} {.metadata.name}{\"\\n\"}{end}")
                    .lines()
                    .noneMatch(line -> line.startsWith("Terminating " + PREFIX)));
  }

  /** The namespace's name. */
  public String namespace() {
    return namespace;
  }

  /** The file that says where the cluster is and who we are: the first of {@code KUBECONFIG}. */
  public Path kubeconfig() {
    String files = System.getenv("KUBECONFIG");
    if (files == null) {
      throw new IllegalStateException(NONE);
    }
    return Path.of(files.split(Pattern.quote(File.pathSeparator), -1)[0]);
  }

  /**
   * Runs kubectl in the namespace.
   *
   * @return what it prints
   * @throws IllegalStateException with what it complains of if it fails
   */
  public String kubectl(String... arguments) {
    return run("", inNamespace(arguments));
  }

  /** Runs kubectl without a namespace, for what has none; see {@link #kubectl}. */
  public String everywhere(String... arguments) {
    return run("", List.of(arguments));
  }

  /**
   * Applies manifests in the namespace, as the server would have them ({@code --server-side}).
   *
   * @param manifests YAML; objects without a namespace go into the test's
   */
  public void apply(String manifests) {
    run(manifests, inNamespace("apply", "--server-side", "--force-conflicts", "-f", "-"));
  }

  /** Applies a file of custom resource definitions; returns when the API server serves them. */
  public void define(Path definitions) {
    run("", List.of("apply", "--server-side", "--force-conflicts", "-f", definitions.toString()));
    everywhere(
        "wait",
        "-f",
        definitions.toString(),
        "--for=condition=Established",
        "--timeout=" + PATIENCE.toSeconds() + "s");
  }

  /** A field of an object in the namespace, by kubectl's JSONPath; empty if there is none. */
  public String field(String object, String jsonPath) {
    return kubectl("get", object, "--ignore-not-found", "-o", "jsonpath=" + jsonPath);
  }

  /** Waits, as {@code kubectl wait} does, for a condition such as {@code condition=Ready}. */
  public void await(String object, String condition) {
    kubectl("wait", object, "--for=" + condition, "--timeout=" + PATIENCE.toSeconds() + "s");
  }

  /** An image with busybox that the cluster has, or can fetch. */
  public String busybox() {
    String ours = "weft.test/busybox:1";
    String images =
        everywhere("get", "nodes", "-o", "jsonpath={.items[*].status.images[*].names[*]}");
    return images.contains(ours) ? ours : "busybox:1.37";
  }

  /** Where the API server is. */
  public InetSocketAddress apiServer() {
    URI server =
        URI.create(
            everywhere(
                "config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"));
    int port = server.getPort() < 0 ? HTTPS : server.getPort();
    return new InetSocketAddress(server.getHost(), port);
  }

  /**
   * From which of this machine's addresses the API server is reached: pods reach this machine
   * there, too.
   */
  public InetAddress hostAddress() {
    InetSocketAddress server = apiServer();
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(server);
      return socket.getLocalAddress();
    } catch (IOException e) {
      throw new UncheckedIOException("no way to " + server, e);
    }
  }

  /**
   * Kills the API server's process where it runs on this machine; whoever keeps it starts it again.
   *
   * @return false if it does not run here, or we may not
   */
  public boolean killApiServer() {
    return kill(
        process ->
            process.info().command().orElse("").endsWith("/kube-apiserver")
                || arguments(process).stream().limit(1).anyMatch("kube-apiserver"::equals));
  }

  /**
   * Kills what was started with an argument, in containers too, where it runs on this machine; it
   * has no time to end properly.
   *
   * @return false if it does not run here, or we may not
   */
  public boolean killStartedWith(String argument) {
    return kill(process -> arguments(process).contains(argument));
  }

  private static boolean kill(Predicate<ProcessHandle> which) {
    boolean killed = false;
    for (ProcessHandle process : ProcessHandle.allProcesses().filter(which).toList()) {
      killed |= process.destroyForcibly();
    }
    return killed;
  }

  private static List<String> arguments(ProcessHandle process) {
    return process.info().arguments().map(List::of).orElse(List.of());
  }

  @Override
  public void close() {
    everywhere("delete", "namespace", namespace, "--wait=false", "--ignore-not-found");
  }

  private List<String> inNamespace(String... arguments) {
    // In front: behind a "--" it would belong to a command of the pod.
    List<String> all = new ArrayList<>(List.of("--namespace=" + namespace));
    all.addAll(List.of(arguments));
    return all;
  }

  /** Again and again while the API server is busy, as a person would. */
  private static String run(String input, List<String> arguments) {
    long begin = System.nanoTime();
    while (true) {
      try {
        return runOnce(input, arguments);
      } catch (IllegalStateException e) {
        String said = e.getMessage() == null ? "" : e.getMessage();
        if (!BUSY.matcher(said).find() || System.nanoTime() - begin > BUSY_FOR.toNanos()) {
          throw e;
        }
      }
    }
  }

  private static String runOnce(String input, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add("kubectl");
    command.addAll(arguments);
    try {
      Path errors = Files.createTempFile("weft-kubectl-", ".txt");
      try {
        Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        process
            .onExit()
            .orTimeout(LONGEST.toSeconds(), TimeUnit.SECONDS)
            .exceptionally(
                late -> {
                  process.destroyForcibly();
                  return process;
                });
        Thread.ofVirtual().start(() -> write(process, input));
        String printed = read(process);
        if (process.waitFor() != 0) {
          throw new IllegalStateException(
              String.join(" ", command) + ": " + Files.readString(errors).strip());
        }
        return printed;
      } finally {
        Files.delete(errors);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot run kubectl: it has to be on the PATH for tests on a cluster", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in " + String.join(" ", command), e);
    }
  }

  private static void write(Process process, String input) {
    try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
      stdin.write(input);
    } catch (IOException e) {
      // It ended without reading: its own message says why.
    }
  }

  private static String read(Process process) throws IOException {
    try (var stdout = process.inputReader(StandardCharsets.UTF_8)) {
      var text = new StringWriter();
      stdout.transferTo(text);
      return text.toString();
    }
  }
}
