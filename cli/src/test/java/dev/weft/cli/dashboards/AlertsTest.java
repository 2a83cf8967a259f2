package dev.weft.cli.dashboards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.weft.testkit.Programs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The alerting rules, by Prometheus' own tool ({@code promtool}, which comes with it). */
class AlertsTest {
  private static final Path ALERTS = Dashboard.FOLDER.resolve("alerts.yaml");
  private static final String CASES = "alerts.test.yaml";
  private static final Pattern ALERT = Pattern.compile("(?m)^ +- alert: (\\w+)$");

  @TempDir private Path folder = Path.of("");

  @Test
  void theyFireWhenTheyShould() throws Exception {
    Files.copy(ALERTS, folder.resolve("alerts.yaml"));
    Path cases = Files.writeString(folder.resolve(CASES), cases());

    promtool("check", "rules", ALERTS.toString());
    promtool("test", "rules", cases.toString());
  }

  @Test
  void eachHasACaseInWhichItFires() throws IOException {
    String cases = cases();
    Matcher alert = ALERT.matcher(Files.readString(ALERTS));
    var names = new ArrayList<String>();
    while (alert.find()) {
      names.add(alert.group(1));
    }
    assertThat(names)
        .hasSizeGreaterThan(10)
        .allSatisfy(name -> assertThat(cases).contains("alertname=\"" + name + "\""));
  }

  @Test
  void theScrapeConfigurationIsRight() throws Exception {
    // Debian's Prometheus is built without Kubernetes.
    String here =
        Files.readString(Dashboard.FOLDER.resolve("scrape.yaml"))
            .replace("kubernetes_sd_configs: [{role: pod}]", "static_configs: []");
    assertThat(here).contains("static_configs");

    promtool(
        "check",
        "config",
        "--syntax-only",
        Files.writeString(folder.resolve("scrape.yaml"), here).toString());
  }

  private static String cases() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(AlertsTest.class.getResourceAsStream(CASES), CASES)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void promtool(String... arguments) throws Exception {
    Path program = Programs.find("promtool");
    if (program == null) {
      abort("promtool is not on the PATH: left out");
      return;
    }
    var command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }
}
