package dev.weft.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportTest {
  private final Results results = new Results();

  @Test
  void whoWentUnequalRoundsIsComparedByMedians() {
    measured("http1", "weft", 8, 9, 100, 9);
    measured("http1", "haproxy", 10, 12, 11);
    Goal goal = Goal.atMost("http1", Measures.CPU, 0.82, "haproxy");

    Double measured = goal.measured(results);

    assertThat(measured).isEqualTo(9.0 / 11);
    assertThat(goal.met(9.0 / 11)).isTrue();
    assertThat(goal.met(0.83)).isFalse();
    assertThat(goal.text()).isEqualTo("<= 0.82x haproxy");
  }

  @Test
  void contendersThatTookTurnsAreComparedRoundByRound() {
    measured("http1", "weft", 8, 16, 9, 9);
    measured("http1", "haproxy", 10, 20, 12, 10);
    measured("http1", "envoy", 30, 30, 30);

    assertThat(results.ratio("http1", "weft", Measures.CPU, "haproxy")).isEqualTo(0.8);
    assertThat(results.ratio("http1", "weft", Measures.CPU, "envoy")).isEqualTo(0.3);
    assertThat(results.ratio("http1", "weft", Measures.CPU, "nginx")).isNull();
  }

  @Test
  void aGoalMayBeAValueOrALeast() {
    results.add("http1", "weft", Measures.RSS_LOAD, 71.5, "MB");
    results.add("body-up", "weft", Measures.BYTES_PER_CPU, 900, "MB/s");
    results.add("body-up", "haproxy", Measures.BYTES_PER_CPU, 1000, "MB/s");

    Goal memory = Goal.atMost("http1", Measures.RSS_LOAD, 72);
    Goal bytes = Goal.atLeast("body-up", Measures.BYTES_PER_CPU, 0.9, "haproxy");

    assertThat(memory.measured(results)).isEqualTo(71.5);
    assertThat(memory.met(71.5)).isTrue();
    assertThat(bytes.measured(results)).isEqualTo(0.9);
    assertThat(bytes.met(0.9)).isTrue();
    assertThat(bytes.met(0.89)).isFalse();
  }

  @Test
  void whatWasNotMeasuredIsNeitherMetNorMissed() {
    measured("http1", "weft", 8);
    List<Goal> goals = List.of(Goal.atMost("http1", Measures.CPU, 0.33, "envoy"));
    var text = new StringWriter();

    Text.goals(results, goals, new PrintWriter(text));

    assertThat(goals.getFirst().measured(results)).isNull();
    assertThat(text.toString()).doesNotContain("met").doesNotContain("MISSED");
  }

  @Test
  void everyMeasureHasItsGoalBesideItWhereThereIsOne() {
    results.add("k8s", "weft", Measures.ROUTE_P50, 40, "ms");
    results.add("k8s", "weft", Measures.ROUTE_P99, 510, "ms");
    results.add("k8s", "weft", Measures.CONTROL_PLANE_RSS, 250, "MB");
    List<Goal> goals =
        List.of(
            Goal.atMost("k8s", Measures.ROUTE_P99, 500),
            Goal.atMost("k8s", Measures.CONTROL_PLANE_RSS, 300));
    var text = new StringWriter();

    Text.verdicts(results, "k8s", goals, new PrintWriter(text));

    assertThat(text.toString().lines().map(line -> line.replaceAll(" +", " ")))
        .containsSequence(
            "route_in_force_p50_ms 40.0 ms",
            "route_in_force_p99_ms 510 ms <= 500 MISSED",
            "control_plane_rss_mb 250 MB <= 300 met");
  }

  @Test
  void jsonIsReadBackAsItWasWritten(@TempDir Path folder) throws IOException {
    measured("h2-h1", "weft", 20.25, 20.5, 31);
    measured("h2-h1", "envoy-mesh", 40);
    results.writeJson(folder.resolve("figures.json"));
    var read = new Results();

    read.readJson(folder.resolve("figures.json"));

    assertThat(read.benches()).containsExactly("h2-h1");
    assertThat(read.contenders("h2-h1")).containsExactly("weft", "envoy-mesh");
    assertThat(read.median("h2-h1", "weft", Measures.CPU)).isEqualTo(20.5);
    assertThat(read.measures("h2-h1", "weft").get(Measures.CPU))
        .isEqualTo(new Series("us", List.of(20.25, 20.5, 31.0)));
  }

  @Test
  void thePageShowsEveryGoalAndChart() {
    measured("http1", "weft", 9);
    measured("http1", "haproxy", 10);
    List<Goal> goals =
        List.of(
            Goal.atMost("http1", Measures.CPU, 0.82, "haproxy"),
            Goal.atMost("http1", Measures.CPU, 0.33, "envoy"));

    String page = Page.html(results, goals, Map.of("http1", "HTTP/1.1 <bare>"));

    assertThat(page)
        .contains("0 of 1 goals met", "≤ 0.82x haproxy", "0.90x", "HTTP/1.1 &lt;bare>")
        .doesNotContain("0.33x", "http://", "https://", "NaN");
    assertThat(page).contains("class=\"own\"").endsWith("</html>\n");
  }

  private void measured(String bench, String contender, double... values) {
    for (double value : values) {
      results.add(bench, contender, Measures.CPU, value, "us");
    }
  }
}
