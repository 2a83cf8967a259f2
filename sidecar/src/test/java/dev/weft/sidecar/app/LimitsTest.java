package dev.weft.sidecar.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.sidecar.FakeControlPlane;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.telemetry.Bound;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The guide of limits, the table in the code, the failure table and the metrics say the same. */
class LimitsTest {
  private static final Pattern ANSWER = Pattern.compile("\\b([45]\\d\\d) `([A-Z]+)`");
  private static final Pattern METRIC = Pattern.compile("`(weft_[a-z_]+)`");

  private final FakeControlPlane controlPlane = new FakeControlPlane();

  private record Row(String set, String theDefault, String answer, String also) {}

  @AfterEach
  void stop() {
    controlPlane.close();
  }

  @Test
  void theGuideHasARowForEveryLimitAndNoOther() throws IOException {
    assertThat(guide().keySet())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Bound.values()).map(Bound::label).toList());
  }

  @Test
  void defaultsAndOptionsInTheGuideAreThoseInTheCode() throws IOException {
    Map<String, Row> guide = guide();
    for (Bound bound : Bound.values()) {
      Row row = Objects.requireNonNull(guide.get(bound.label()), bound.label());
      assertThat(row.set().replace("`", "")).as(bound.label()).isEqualTo(bound.option());
      if (!row.theDefault().equals("derived")) {
        assertThat(row.theDefault()).as(bound.label()).isEqualTo(bound.text(bound.value()));
      }
    }
  }

  @Test
  void everyAnswerInTheGuideIsARowOfTheFailureTable() throws IOException {
    var answers = new ArrayList<String>();
    for (Failure failure : Failure.values()) {
      answers.add(failure.status() + " " + failure.flag());
    }
    for (Row row : guide().values()) {
      Matcher found = ANSWER.matcher(row.answer());
      while (found.find()) {
        assertThat(answers).contains(found.group(1) + " " + found.group(2));
      }
    }
  }

  @Test
  void defaultsOfPoliciesAreThoseOfTheTable() {
    LimitsConfig limits = LimitsConfig.DEFAULT;
    assertThat(limits.maxConnections()).isEqualTo(Bound.CLUSTER_CONNECTIONS.intValue());
    assertThat(limits.maxPendingRequests()).isEqualTo(Bound.CLUSTER_PENDING.intValue());
    assertThat(limits.maxRequests()).isEqualTo(Bound.CLUSTER_REQUESTS.intValue());
    assertThat(limits.connectTimeoutNanos()).isEqualTo(Bound.CONNECT_TIME.value());
    assertThat(RetryConfig.DEFAULT.attempts()).isEqualTo(Bound.RETRIES.intValue());
    assertThat(RetryConfig.DEFAULT.budgetPercent()).isEqualTo(Bound.RETRY_BUDGET.intValue());
  }

  /** Numbers of a syntax or an algorithm: nothing is held or waited for up to them. */
  private static final Set<String> NO_LIMITS =
      Set.of(
          "MAX_DIGITS",
          "MAX_DOUBLINGS",
          "MAX_DEPTH",
          "MAX_LENGTH",
          "MAX_LINE",
          "MAX_NAME",
          "MAX_NANOS",
          "MAX_PORT",
          "MAX_PROTOCOLS",
          "MAX_RECORD",
          "MAX_TYPO",
          "CAPACITY",
          "KEPT",
          "SETTINGS_MAX_CONCURRENT_STREAMS",
          "SETTINGS_MAX_FRAME_SIZE",
          "SETTINGS_MAX_HEADER_LIST_SIZE",
          "SETTINGS_TIMEOUT");

  private static final Pattern CONSTANT =
      Pattern.compile(
          "static final (?:int|long|double) "
              + "(\\w*(?:MAX|TIMEOUT|LIMIT|CAPACITY|WAIT|LINGER|IDLE|BACKLOG|KEPT|PATIENCE)\\w*)"
              + " =\\s+-?[0-9]");

  @Test
  void noLimitInTheCodeIsMissingInTheTable() throws IOException {
    var missing = new ArrayList<String>();
    try (Stream<Path> all = Files.walk(Path.of("src", "main", "java"))) {
      for (Path file : all.filter(one -> one.toString().endsWith(".java")).toList()) {
        Matcher found = CONSTANT.matcher(Files.readString(file));
        while (found.find()) {
          if (!NO_LIMITS.contains(found.group(1))) {
            missing.add(file.getFileName() + " " + found.group(1));
          }
        }
      }
    }
    assertThat(missing).as("take these from telemetry.Bound, and add a row to the guide").isEmpty();
  }

  @Test
  void aRunningSidecarShowsEveryLimitInItsMetricsAndOnItsPage() throws Exception {
    controlPlane.put(FakeControlPlane.inbound("frontend"));
    controlPlane.service("catalog", 1);
    Sidecar sidecar =
        Sidecars.start(controlPlane, "frontend", List.of("--app-port=1", "--dependency=catalog"));
    try {
      await().untilAsserted(() -> assertThat(admin(sidecar, "/metrics")).contains("weft_cluster_"));
      String metrics = admin(sidecar, "/metrics");
      String page = admin(sidecar, "/limits");
      String json = admin(sidecar, "/limits?format=json");
      guide()
          .forEach(
              (name, row) -> {
                if (!row.also().startsWith("none")) {
                  assertThat(metrics).contains("weft_limit_reached_total{").contains(quoted(name));
                }
                Matcher also = METRIC.matcher(row.also());
                while (also.find()) {
                  assertThat(metrics).as(name).contains("# HELP " + also.group(1));
                }
                assertThat(page).contains("\n" + name + " ");
                assertThat(json).contains("\"name\": \"" + name + "\"");
              });
    } finally {
      sidecar.close();
    }
  }

  private static String quoted(String name) {
    return "limit=\"" + name + "\"";
  }

  private static String admin(Sidecar sidecar, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + sidecar.adminPort() + path))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  private static Map<String, Row> guide() throws IOException {
    Path file = Path.of("..", "docs", "guides", "limits.md");
    var rows = new LinkedHashMap<String, Row>();
    for (String line : Files.readAllLines(file)) {
      if (!line.startsWith("| `")) {
        continue;
      }
      String[] cells = line.split("\\|", -1);
      assertThat(cells).as(line).hasSize(8);
      String name = cells[1].replace("`", "").strip();
      Row before =
          rows.put(
              name,
              new Row(cells[4].strip(), cells[3].strip(), cells[5].strip(), cells[6].strip()));
      assertThat(before).as("two rows of " + name).isNull();
    }
    return rows;
  }
}
