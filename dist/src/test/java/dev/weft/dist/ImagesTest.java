package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.dist.Distribution.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The images that {@code weft images} makes of this distribution, run without a container daemon.
 */
final class ImagesTest {
  private static final Path IMAGES = Distribution.built().home().resolve("images");
  private static final Pattern LAYERS = Pattern.compile("\"Layers\":\\[([^]]*)]");
  private static final Pattern BLOB = Pattern.compile("blobs/sha256/[0-9a-f]{64}");

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
  @CsvSource({"weft-control-plane, 170", "weft-sidecar, 120"})
  void anImageIsSmall(String name, long most) throws Exception {
    unpack(name);

    try (var files = Files.walk(root)) {
      assertThat(files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum())
          .isLessThan(most * 1_000_000);
    }
  }

  private void unpack(String name) throws Exception {
    Path archive = IMAGES.resolve(name + ".tar");
    var layers = LAYERS.matcher(run("tar", "-xOf", archive.toString(), "manifest.json"));
    assertThat(layers.find()).isTrue();
    List<String> blobs = BLOB.matcher(layers.group(1)).results().map(MatchResult::group).toList();
    run("tar", "-xf", archive.toString(), "-C", root.toString());
    for (String blob : blobs) {
      run("tar", "-xf", root.resolve(blob).toString(), "-C", root.toString());
    }
    run("rm", "-r", root.resolve("blobs").toString());
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
