package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weft.testkit.cluster.Cluster;
import dev.weft.testkit.cluster.ClusterTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every block of commands of {@code docs/guides/kubernetes.md}, in its order, as it is written
 * there; but for those that say in a comment above them that they are not run, and why.
 */
@ClusterTest
@ExtendWith(InstalledMeshExtension.class)
final class GuideTest {
  private static final Path SOURCES = Path.of("..").toAbsolutePath().normalize();
  private static final Path GUIDE = SOURCES.resolve("docs/guides/kubernetes.md");
  private static final Pattern BLOCK =
      Pattern.compile(
          "^(<!-- not run by GuideTest: [^\\n]*\\n)?```sh\\n(.*?)^```$",
          Pattern.DOTALL | Pattern.MULTILINE);

  /** The guide's, for the frontend. */
  private static final int PORT = 8080;

  private static final int CANARY_CALLS = 20;
  private static final int MINUTES = 6;

  @TempDir Path folder;

  @AfterAll
  static void end(Cluster cluster) {
    cluster.everywhere("delete", "namespace", "shop", "--ignore-not-found", "--wait=false");
  }

  @Test
  void everyCommandWorksAsWritten(Cluster cluster, InstalledMesh mesh) throws Exception {
    assumeTrue(free(PORT), "port " + PORT + " of this machine is taken");
    // It has made the images, by the guide's first command, and loaded them.
    mesh.uninstall();
    sourceFolder();
    String printed = run(script());

    List<String> versions =
        printed.lines().filter(line -> line.startsWith("x-catalog-version: v")).toList();
    assertThat(versions).as(printed).hasSize(1 + CANARY_CALLS).contains("x-catalog-version: v1");
    assertThat(printed)
        .contains("weft.dev/InForce")
        .containsPattern("trafficpolicy\\.weft\\.dev/catalog +catalog ")
        .containsPattern("CLUSTER +catalog-v2\\.shop:80 ")
        .containsPattern("resources of frontend-\\S+ at revision [1-9]")
        .contains("\"id\": \"frontend-", "\"name\": \"catalog-v2.shop:80\"")
        .contains("connected to control plane ")
        .containsPattern("frontend-\\S+ +2/2 +Running")
        .containsPattern("weft_upstream_rq_total\\{[^}]*cluster=\"catalog-v1.shop:80\"[^}]*} [1-9]")
        .containsPattern("ok [1-9][0-9]*, failed 0, broken off 0");
    assertThat(InstalledMesh.left(cluster)).as("what the guide's uninstall leaves").isEmpty();
  }

  private static boolean free(int port) {
    try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  /** What the guide's commands find where they are typed, with the distribution that is tested. */
  private void sourceFolder() throws IOException {
    for (String each : List.of("deploy", "examples")) {
      Files.createSymbolicLink(folder.resolve(each), SOURCES.resolve(each));
    }
    Path weft =
        Files.writeString(
            folder.resolve("weft"),
            "#!/bin/sh\nexec '" + Distribution.built().home() + "/bin/weft' \"$@\"\n");
    assertThat(weft.toFile().setExecutable(true)).isTrue();
  }

  private static String script() throws IOException {
    var script =
        new StringBuilder("set -euvo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n");
    Matcher block = BLOCK.matcher(Files.readString(GUIDE));
    int run = 0;
    while (block.find()) {
      if (block.group(1) == null) {
        run++;
        block.group(2).lines().forEach(line -> append(script, line));
      }
    }
    assertThat(run).as("blocks of commands").isGreaterThan(10);
    return script.toString();
  }

  private static void append(StringBuilder script, String line) {
    script.append(line).append('\n');
    if (line.endsWith("&")) {
      // A person types the next command later.
      script
          .append("curl -s -o /dev/null --retry 60 --retry-connrefused --retry-delay 1")
          .append(" http://localhost:")
          .append(PORT)
          .append("/\n");
    }
  }

  /** Runs it where the source folder is; returns what it printed. */
  private String run(String script) throws IOException, InterruptedException {
    Path out = folder.resolve("out.txt");
    ProcessBuilder bash =
        new ProcessBuilder("bash", Files.writeString(folder.resolve("guide.sh"), script).toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    bash.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = bash.start();
    try {
      assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).as(Files.readString(out)).isTrue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroy);
      process.destroy();
    }
    String printed = Files.readString(out);
    assertThat(process.exitValue()).as(printed).isZero();
    return printed;
  }
}
