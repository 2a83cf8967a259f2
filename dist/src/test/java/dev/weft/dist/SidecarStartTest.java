package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a sidecar does not do before it serves, because it would take a good part of that time. */
final class SidecarStartTest {
  @TempDir private Path folder = Path.of("");

  /**
   * The cache has what lambdas need. What records' {@code equals} and {@code hashCode}, strings put
   * together and switches over types need is linked at their first call, some 25 ms each.
   */
  @Test
  void nothingIsLinkedThatTheCacheDoesNotHave() throws Exception {
    Path initialized = folder.resolve("initialized.txt");
    Path out = folder.resolve("out.txt");
    var builder =
        new ProcessBuilder(
                Distribution.built().sidecar().home().resolve("bin/weft-sidecar").toString(),
                "--node-id=a",
                "--service=a",
                "--control-plane=127.0.0.1:1",
                "--outbound-port=0",
                "--inbound-port=0",
                "--admin-port=0",
                "--app-port=1")
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder
        .environment()
        .put("WEFT_JAVA_OPTS", "-XX:AOTMode=on -Xlog:class+init=info:file=" + initialized);
    Process sidecar = builder.start();
    try {
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> Files.readString(out).contains("sidecar a of default/a: outbound "));
    } finally {
      sidecar.destroyForcibly().waitFor();
    }

    assertThat(Files.readAllLines(initialized))
        .anyMatch(line -> line.contains("'dev/weft/sidecar/app/Sidecar'"))
        .noneMatch(
            line -> line.contains("'java/lang/invoke/BootstrapMethodInvoker'") && isMain(line));
  }

  private static boolean isMain(String line) {
    return line.endsWith("by thread \"main\"");
  }
}
