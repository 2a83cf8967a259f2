package dev.weft.sidecar.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is off costs nothing. */
class DnsOffTest {
  @Test
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void aSidecarThatDoesNotAnswerDnsAndGivesNoConfigurationLoadsNoClassOfThem() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xlog:class+load",
                "-cp",
                System.getProperty("java.class.path"),
                SidecarMain.class.getName(),
                "--node-id=a",
                "--service=a",
                "--control-plane=127.0.0.1:1",
                "--outbound-port=0",
                "--inbound-port=0",
                "--admin-port=0",
                "--app-port=1")
            .redirectErrorStream(true)
            .start();
    var loaded = new ArrayList<String>();
    boolean up = false;
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null && !up; line = lines.readLine()) {
        up = line.contains(", admin 127.0.0.1:");
        loaded.add(line);
      }
    } finally {
      process.destroyForcibly();
    }

    assertThat(up).as(String.join("\n", loaded)).isTrue();
    assertThat(loaded)
        .anyMatch(line -> line.contains(" dev.weft.sidecar.app.ConfigInForce "))
        .noneMatch(line -> line.contains(" dev.weft.sidecar.dns."))
        .noneMatch(line -> line.contains(" dev.weft.sidecar.app.DnsPorts"))
        .noneMatch(line -> line.contains(" dev.weft.sidecar.appconfig."));
  }
}
