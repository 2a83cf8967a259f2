package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.dist.Distribution.Run;
import dev.weft.testkit.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The images that {@code weft images} makes of this distribution, run without a container daemon.
 */
final class ImagesTest {
  private static final Path IMAGES = Distribution.built().home().resolve("images");
  private static final Pattern LAYERS = Pattern.compile("\"Layers\":\\[([^]]*)]");
  private static final Pattern BLOB = Pattern.compile("blobs/sha256/[0-9a-f]{64}");

  private static final String REVIEW =
      """
      {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1",
       "kind":{"kind":"Pod"},"namespace":"shop","operation":"CREATE","object":{"apiVersion":"v1",
       "kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"web:1"}]
       }}}}""";

  private static Map<String, Long> digests = new HashMap<>();

  @TempDir private Path root = Path.of("");

  @BeforeAll
  static void make() throws IOException {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/sbin/nft")) || Files.isExecutable(Path.of("/usr/bin/nft")),
        "needs nft, which the sidecar's image takes from the system: install nftables");
    digests = weftImages();
  }

  private static Map<String, Long> weftImages() throws IOException {
    Run run = Distribution.built().run(Map.of(), "weft", "images");
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    var sums = new HashMap<String, Long>();
    for (String name : List.of("weft-control-plane", "weft-sidecar")) {
      var sum = new java.util.zip.CRC32();
      sum.update(Files.readAllBytes(IMAGES.resolve(name + ".tar")));
      sums.put(name, sum.getValue());
    }
    return sums;
  }

  @Test
  void theSameInputGivesTheSameImages() throws IOException {
    assertThat(weftImages()).isEqualTo(digests);
  }

  @ParameterizedTest
  @ValueSource(strings = {"weft-control-plane", "weft-sidecar"})
  void theCacheIsALayerOfItsOwn(String name) throws Exception {
    run("tar", "-xf", IMAGES.resolve(name + ".tar").toString(), "-C", root.toString());
    List<String> layers = layers(IMAGES.resolve(name + ".tar"));

    for (String layer : layers) {
      List<String> files =
          run("tar", "-tf", root.resolve(layer).toString())
              .lines()
              .filter(file -> !file.endsWith("/"))
              .toList();
      if (layer.equals(layers.getLast())) {
        assertThat(files).hasSize(1).allMatch(file -> file.endsWith(".aot"));
      } else {
        assertThat(files).isNotEmpty().noneMatch(file -> file.endsWith(".aot"));
      }
    }
  }

  /** A node that has the image of before fetches no more than what has changed. */
  @Test
  @Tag("long")
  void madeAnewInAnotherFolderEveryLayerButTheCacheIsTheSame(@TempDir Path other) throws Exception {
    Run run = Distribution.built().run(Map.of(), "weft", "images", "--output", other.toString());
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    for (String name : digests.keySet()) {
      List<String> first = layers(IMAGES.resolve(name + ".tar"));
      List<String> second = layers(other.resolve(name + ".tar"));
      assertThat(second.subList(0, second.size() - 1))
          .hasSizeGreaterThan(2)
          .isEqualTo(first.subList(0, first.size() - 1));
    }
  }

  /**
   * Nothing of this machine is there but the image; the JVM refuses to start if the cache is not
   * for it.
   */
  @ParameterizedTest
  @CsvSource({
    "weft-control-plane, --help, Usage: weft control-plane",
    "weft-sidecar, /weft/bin/sidecar --help, weft sidecar"
  })
  void theCacheIsForTheImage(String name, String args, String expected) throws Exception {
    unpack(name);

    String out =
        inRoot("/weft/runtime/bin/java -XX:AOTMode=on @/weft/conf/" + name + ".args " + args);

    assertThat(out).contains(expected);
  }

  /**
   * Classes that nothing was found to need are not in the image. What it does in a cluster starts
   * without one, too: certificates, webhooks, the client of an API server that is away.
   */
  @Test
  void theControlPlaneServesWithWhatIsInTheImage(@TempDir Path files) throws Exception {
    unpack("weft-control-plane");
    List<Integer> ports = Ports.free(4);
    Files.writeString(
        root.resolve("tmp/kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        current-context: away
        clusters: [{name: away, cluster: {server: "https://127.0.0.1:%d"}}]
        users: [{name: away, user: {token: abc}}]
        contexts: [{name: away, context: {cluster: away, user: away}}]
        """
            .formatted(ports.get(3)));
    Path log = files.resolve("log");
    Process controlPlane =
        new ProcessBuilder(
                inItsRoot(
                    "/weft/runtime/bin/java -XX:AOTMode=on @/weft/conf/weft-control-plane.args"
                        + " --store embedded --data-dir /tmp/store --tls on --tls-dir /tmp/ca"
                        + " --kubernetes on --kubeconfig /tmp/kubeconfig --auth off"
                        + " --grpc-port %d --metrics-port %d --webhook-port %d"
                            .formatted(ports.get(0), ports.get(1), ports.get(2))))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> !controlPlane.isAlive() || answersReady(ports.get(1)));
      assertThat(controlPlane.isAlive()).as(Files.readString(log)).isTrue();

      String trusted = root.resolve("tmp/ca/ca.crt").toString();
      assertThat(
              run(
                  "curl",
                  "--silent",
                  "--cacert",
                  trusted,
                  "--data",
                  REVIEW,
                  "https://localhost:" + ports.get(2) + "/inject"))
          .contains("JSONPatch");
      Run nodes =
          Distribution.built()
              .run(
                  Map.of(),
                  "weft",
                  "proxy-status",
                  "--control-plane",
                  "localhost:" + ports.get(0),
                  "--control-plane-ca",
                  trusted);
      assertThat(nodes.exitCode()).as(nodes.out() + nodes.err() + Files.readString(log)).isZero();
      assertThat(Files.readString(log)).doesNotContain("NoClassDefFoundError", "ClassNotFound");
    } finally {
      controlPlane.destroyForcibly();
      controlPlane.waitFor();
    }
  }

  @Test
  void theSidecarStartsByAScriptWithoutAShell() throws Exception {
    unpack("weft-sidecar");

    assertThat(inRoot("/weft/bin/sidecar --help")).contains("weft sidecar");
    assertThat(inRoot("/usr/sbin/nft --version")).contains("nftables");
    assertThat(root.resolve("bin")).doesNotExist();
    assertThat(root.resolve("usr/bin")).doesNotExist();
  }

  /**
   * In megabytes of content. A node holds a sidecar's image once, but pulls it before its first
   * pod.
   */
  @ParameterizedTest
  @CsvSource({"weft-control-plane, 120", "weft-sidecar, 110"})
  void anImageIsSmall(String name, long most) throws Exception {
    unpack(name);

    try (var files = Files.walk(root)) {
      assertThat(files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum())
          .isLessThan(most * 1_000_000);
    }
  }

  private void unpack(String name) throws Exception {
    Path archive = IMAGES.resolve(name + ".tar");
    run("tar", "-xf", archive.toString(), "-C", root.toString());
    for (String blob : layers(archive)) {
      run("tar", "-xf", root.resolve(blob).toString(), "-C", root.toString());
    }
    run("rm", "-r", root.resolve("blobs").toString());
  }

  /** What to unpack, in this order. */
  private static List<String> layers(Path archive) throws Exception {
    var layers = LAYERS.matcher(run("tar", "-xOf", archive.toString(), "manifest.json"));
    assertThat(layers.find()).isTrue();
    return BLOB.matcher(layers.group(1)).results().map(MatchResult::group).toList();
  }

  private static boolean answersReady(int port) throws InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
              .send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ready")).build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** With the devices that a container has; ends with whoever starts it. */
  private List<String> inItsRoot(String command) {
    String mounts =
        "mount --rbind /dev %1$s/dev && mount -t proc proc %1$s/proc && exec chroot %1$s %2$s"
            .formatted(root, command);
    return List.of("unshare", "-r", "-m", "-p", "-f", "--kill-child", "sh", "-c", mounts);
  }

  private String inRoot(String command) throws Exception {
    var whole = new ArrayList<>(List.of("unshare"));
    whole.addAll(List.of("-r", "-m", "-p", "-f", "--root=" + root, "--mount-proc"));
    whole.addAll(List.of(command.split(" ")));
    return run(whole.toArray(String[]::new));
  }

  private static String run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    assumeTrue(
        status == 0 || !out.contains("Operation not permitted"),
        "needs namespaces of users: " + out);
    assertThat(status).as(String.join(" ", command) + "\n" + out).isZero();
    return out;
  }
}
