package dev.weft.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How much heap and direct memory the sidecar's start script allows, by the limit it is under. */
class SidecarMemoryTest {
  @TempDir Path home;

  @Test
  void withoutALimitItsOwnFlagsHold() throws Exception {
    assertThat(flags(Map.of())).isEqualTo("[]");
    limit("memory.max", "max");
    assertThat(flags(Map.of())).isEqualTo("[]");
    limit("memory.max", Long.toString(8L << 30));
    assertThat(flags(Map.of())).as("shared with others").isEqualTo("[]");
  }

  @Test
  void aSmallContainerGetsWhatTheJvmLeaves() throws Exception {
    limit("memory.max", Long.toString(128L << 20));
    assertThat(flags(Map.of())).isEqualTo("[-Xmx36m -XX:MaxDirectMemorySize=36m ]");
    limit("memory.max", Long.toString(64L << 20));
    assertThat(flags(Map.of())).isEqualTo("[-Xmx16m -XX:MaxDirectMemorySize=16m ]");
  }

  @Test
  void theOlderCgroupsAreReadToo() throws Exception {
    Files.createDirectories(home.resolve("cgroup/memory"));
    limit("memory/memory.limit_in_bytes", Long.toString(128L << 20));
    assertThat(flags(Map.of())).isEqualTo("[-Xmx36m -XX:MaxDirectMemorySize=36m ]");
    limit("memory/memory.limit_in_bytes", "9223372036854771712");
    assertThat(flags(Map.of())).isEqualTo("[]");
  }

  @Test
  void aGivenLimitMayBeLarge() throws Exception {
    assertThat(flags(Map.of("WEFT_MEMORY_MB", "1080", "WEFT_JAVA_OPTS", "-Xlog:gc")))
        .isEqualTo("[-Xmx512m -XX:MaxDirectMemorySize=512m -Xlog:gc]");
    assertThat(flags(Map.of("WEFT_MEMORY_MB", "1G")))
        .contains("WEFT_MEMORY_MB is \"1G\": expected a number of MiB");
  }

  private void limit(String file, String value) throws IOException {
    Files.createDirectories(home.resolve("cgroup"));
    Files.writeString(home.resolve("cgroup").resolve(file), value + "\n");
  }

  private String flags(Map<String, String> environment) throws Exception {
    Path bin = Files.createDirectories(home.resolve("bin"));
    Path script = bin.resolve("weft-sidecar");
    Files.writeString(script, Files.readString(Path.of("src", "main", "sh", "weft-sidecar")));
    Files.writeString(bin.resolve("launch.sh"), "printf '[%s]' \"${WEFT_JAVA_OPTS-}\"\n");
    var process = new ProcessBuilder("sh", script.toString()).redirectErrorStream(true);
    process.environment().remove("WEFT_JAVA_OPTS");
    process.environment().put("WEFT_CGROUP", home.resolve("cgroup").toString());
    process.environment().putAll(environment);
    Process started = process.start();
    String out = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    started.waitFor();
    return out;
  }
}
