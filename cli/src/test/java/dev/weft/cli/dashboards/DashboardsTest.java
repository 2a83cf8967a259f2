package dev.weft.cli.dashboards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.weft.cli.dashboards.Dashboard.Panel;
import dev.weft.cli.dashboards.Dashboard.Query;
import dev.weft.controlplane.app.ControlPlane;
import dev.weft.testkit.Programs;
import dev.weft.testkit.PrometheusServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Every query of every dashboard, and every alerting rule, on a mesh in which much goes wrong. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DashboardsTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Path ALERTS = Dashboard.FOLDER.resolve("alerts.yaml");

  @TempDir private static Path folder = Path.of("");

  private final List<AutoCloseable> open = new ArrayList<>();
  private FaultyMesh mesh;
  private @Nullable Checks answers;

  @BeforeAll
  void start() throws Exception {
    mesh = FaultyMesh.start(folder);
    open.add(mesh);
    if (Programs.find(PrometheusServer.PROGRAM) != null) {
      var prometheus = PrometheusServer.start(folder, mesh.targets(), List.of(ALERTS));
      open.add(prometheus);
      answers = new Checks(prometheus);
    }
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  @Test
  void everyQueryHasAnAnswer() throws IOException {
    Checks checks = checks();
    List<Dashboard> dashboards = Dashboard.all();
    assertThat(dashboards).hasSize(4);
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              mesh.round();
              assertThat(dashboards.stream().flatMap(each -> checks.problems(each).stream()))
                  .isEmpty();
            });
  }

  @Test
  void aQueryThatIsNotRightIsFound() throws Exception {
    Checks checks = checks();
    Query right =
        new Query(
            "test",
            "sum by (direction) (rate(weft_upstream_rq_total[$__rate_interval]))",
            "{{direction}}");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              mesh.round();
              assertThat(checks.problems(right, Map.of())).isEmpty();
            });

    assertFound(
        checks, right.expr().replace("rq_total", "rq_totl"), "no metric weft_upstream_rq_totl");
    assertFound(checks, right.expr() + " or vector(0) or weft_nothing", "no metric weft_nothing");
    assertFound(checks, right.expr().replace("(direction)", "(directoin)"), "no label directoin");
    assertFound(checks, right.expr().replace("[", "{directoin!=\"x\"}["), "no label directoin");
    assertFound(checks, right.expr().replace("[", "{direction=\"sideways\"}["), "no series");
    assertFound(checks, right.expr().replace("(direction)", "(pod)"), "what the legend wants");
    assertFound(checks, right.expr() + ")", "refused");
  }

  private static void assertFound(Checks checks, String expression, String problem) {
    assertThat(checks.problems(new Query("test", expression, "{{direction}}"), Map.of()))
        .singleElement()
        .asString()
        .contains(problem);
  }

  @Test
  void everyRuleAsksForWhatThereIs() throws Exception {
    Checks checks = checks();
    List<AlertRule> rules = AlertRule.read(Files.readString(ALERTS));
    assertThat(rules).hasSizeGreaterThan(10);
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              mesh.round();
              assertThat(
                      rules.stream()
                          .flatMap(rule -> checks.unknownNames(rule.name(), rule.expr()).stream()))
                  .isEmpty();
            });
    assertThat(rules)
        .allSatisfy(rule -> assertThat(checks.error(rule.expr())).as(rule.name()).isEmpty());
  }

  @Test
  void theGuideListsEveryMetric() throws Exception {
    Set<String> named = MeterNames.in(ControlPlane.class);
    assertThat(named).contains("weft_auth_refused", "weft_admission_reviews");
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              mesh.round();
              MetricsGuide exported =
                  MetricsGuide.of(mesh.sidecarMetrics(), mesh.controlPlaneMetrics());
              exported.assertComplete(named);
              exported.assertWrittenDown();
            });
  }

  @Test
  void everyPanelSaysWhatToDo() throws IOException {
    var ids = new HashSet<String>();
    for (Dashboard dashboard : Dashboard.all()) {
      assertThat(ids.add(dashboard.uid())).as(dashboard.uid()).isTrue();
      for (Panel panel : dashboard.panels()) {
        assertThat(ids.add(dashboard.uid() + " " + panel.id())).as(panel.title()).isTrue();
        assertThat(panel.description())
            .as(dashboard.title() + ", " + panel.title())
            .hasSizeGreaterThan(40)
            .endsWith(".");
        assertThat(panel.queries()).as(panel.title()).isNotEmpty();
      }
    }
  }

  private Checks checks() {
    Checks known = answers;
    return known == null ? abort("prometheus is not on the PATH: left out") : known;
  }
}
