package dev.weft.sidecar.cluster;

import static dev.weft.sidecar.cluster.Fixture.MILLI;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a person reads about the clusters. */
class ClusterReportTest {
  private final Fixture mesh = new Fixture(1);

  @Test
  void tellsHealthLoadAndCountsOfEveryEndpoint() {
    mesh.endpoints("a", "b");
    mesh.tracker("b").onAttempt(0);
    mesh.answer("b", 200, 1);
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    assertThat(ClusterReport.text(mesh.set.status()).lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .isEqualTo(
                        "catalog.default:80  ROUND_ROBIN  connections 0/1024  pending 0/1024"
                            + "  rq_total 1  rq_success 1  rq_failed 3  ejections 1"),
            line ->
                assertThat(line)
                    .matches(
                        "  a  127\\.0\\.0\\.1:8080  EJECTED for 3\\.\\d s \\(3 failures in a row\\)"
                            + "  weight 1  inflight 0  ewma unknown  rq_failed 3  ejections 1"),
            line ->
                assertThat(line)
                    .isEqualTo(
                        "  b  127.0.0.1:8080  HEALTHY  weight 1  inflight 1  ewma 1.00 ms"
                            + "  rq_total 1  rq_success 1"));
  }

  @Test
  void tellsWhyNobodyCanBePicked() {
    mesh.endpoints();
    assertThat(ClusterReport.text(mesh.set.status())).contains("  no endpoints");
    mesh.check = Fixture.CHECK;
    mesh.endpoints("a");
    mesh.cluster().onCheck(mesh.tracker("a"), false, "status 500", mesh.now);
    assertThat(ClusterReport.text(mesh.set.status()))
        .contains("every endpoint fails its active check")
        .contains("UNHEALTHY (active check: status 500)");
  }
}
