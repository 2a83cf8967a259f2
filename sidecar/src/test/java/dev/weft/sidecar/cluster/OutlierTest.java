package dev.weft.sidecar.cluster;

import static dev.weft.sidecar.cluster.Fixture.MILLI;
import static dev.weft.sidecar.cluster.Fixture.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.sidecar.cluster.EndpointStatus.Health;
import dev.weft.sidecar.lb.Tried;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of an endpoint that fails. Three failures in a row eject for three seconds. */
class OutlierTest {
  private final Fixture mesh = new Fixture(2);

  @BeforeEach
  void fourEndpoints() {
    mesh.endpoints("a", "b", "c", "d");
  }

  @Test
  void failuresInARowEject() {
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("a").health()).isEqualTo(Health.EJECTED);
    assertThat(mesh.status("a").reason()).isEqualTo("3 failures in a row");
    assertThat(mesh.status("a").ejectedForNanos()).isBetween(3 * SECOND, 4 * SECOND);
    assertThat(mesh.picks(1, 300)).containsOnlyKeys("b", "c", "d");
    assertThat(mesh.cluster().healthyEndpoints()).isEqualTo(3);
  }

  @Test
  void theWorkerThatSeesItActsAtOnceAndTheOthersAfterTheNextFold() {
    mesh.answer("a", 503, 3);
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("b", "c", "d");
    assertThat(mesh.picks(1, 300)).containsKey("a");
    mesh.pass(100 * MILLI);
    assertThat(mesh.picks(1, 300)).containsOnlyKeys("b", "c", "d");
  }

  @Test
  void aRefusedConnectionMakesTheWorkerPreferOthersAtOnce() {
    mesh.refuse("a", 1);
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("b", "c", "d");
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("a").health()).isEqualTo(Health.HEALTHY);
    assertThat(mesh.picks(0, 300)).containsKey("a");
  }

  @Test
  void aSuccessBetweenStartsTheCountAnew() {
    mesh.answer("a", 503, 2);
    mesh.answer("a", 200, 1);
    mesh.answer("a", 503, 2);
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("a").health()).isEqualTo(Health.HEALTHY);
  }

  @Test
  void everyKindOfFailureCounts() {
    mesh.tracker("a").onTimeout(0, SECOND, mesh.now);
    mesh.tracker("a").onReset(0, mesh.now);
    mesh.tracker("a").onPeerReply(0, true, MILLI, mesh.now);
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("a").health()).isEqualTo(Health.EJECTED);
  }

  @Test
  void anErrorOfTheApplicationAndAReplyThatBlamesTheRequestDoNotCount() {
    mesh.answer("a", 500, 10);
    for (int i = 0; i < 10; i++) {
      mesh.tracker("b").onPeerReply(0, false, MILLI, mesh.now);
    }
    mesh.pass(100 * MILLI);
    assertThat(mesh.cluster().healthyEndpoints()).isEqualTo(4);
  }

  @Test
  void noMoreThanTheGreatestShareIsEjected() {
    mesh.answer("a", 503, 3);
    mesh.answer("b", 503, 3);
    mesh.answer("c", 503, 3);
    mesh.pass(100 * MILLI);
    assertThat(mesh.cluster().healthyEndpoints()).isEqualTo(2);
    assertThat(mesh.cluster().total(Stat.EJECTIONS)).isEqualTo(2);
    assertThat(mesh.cluster().total(Stat.EJECTIONS_OVERFLOW)).isEqualTo(1);
  }

  @Test
  void oneOfTwoMayAlwaysBeEjectedAndTheOnlyOneOnlyIfAllMay() {
    mesh.outlier = new OutlierConfig(3, 3 * SECOND, 30 * SECOND, 0);
    mesh.endpoints("a", "b");
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("a").health()).isEqualTo(Health.EJECTED);
    mesh.endpoints("c");
    mesh.answer("c", 503, 3);
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("c").health()).isEqualTo(Health.HEALTHY);
  }

  @Test
  void afterTheEjectionOneRequestDecides() {
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.pass(4 * SECOND);
    assertThat(mesh.status("a").health()).isEqualTo(Health.PROBING);
    assertThat(mesh.picks(0, 300)).containsEntry("a", 1);
    mesh.now += 10 * MILLI;
    mesh.answer("a", 200, 1);
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("a").health()).isEqualTo(Health.HEALTHY);
    assertThat(mesh.picks(0, 300).get("a")).isEqualTo(75);
  }

  @Test
  void aProbeThatFailsEjectsForLonger() {
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.pass(4 * SECOND);
    assertThat(mesh.pick()).isEqualTo("a");
    mesh.now += 10 * MILLI;
    mesh.refuse("a", 1);
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("a").health()).isEqualTo(Health.EJECTED);
    assertThat(mesh.status("a").ejectedForNanos()).isBetween(6 * SECOND, 8 * SECOND);
    assertThat(mesh.status("a").timesEjected()).isEqualTo(2);
  }

  @Test
  void aProbeWithoutAnOutcomeIsFollowedByAnother() {
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.pass(4 * SECOND);
    assertThat(mesh.picks(0, 300)).containsEntry("a", 1);
    mesh.pass(5 * SECOND);
    assertThat(mesh.picks(0, 300)).containsEntry("a", 1);
  }

  @Test
  void aRequestThatCannotBeRetriedIsOnlyAProbeIfNoOtherComes() {
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.pass(4 * SECOND);
    for (int i = 0; i < 100; i++) {
      assertThat(mesh.pick(0, new Tried(), false)).isNotEqualTo("a");
    }
    mesh.pass(2 * SECOND);
    assertThat(mesh.pick(0, new Tried(), false)).isEqualTo("a");
  }

  @Test
  void aRetryIsNoProbe() {
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.pass(4 * SECOND);
    var tried = new Tried();
    tried.add(mesh.tracker("b").load(0));
    assertThat(mesh.pick(0, tried, true)).isNotEqualTo("a");
  }

  @Test
  void withActiveChecksTheNextCheckDecidesAndNoRequestIsRisked() {
    mesh.check = Fixture.CHECK;
    mesh.endpoints("a", "b", "c", "d");
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.pass(4 * SECOND);
    assertThat(mesh.tracker("a").awaitsCheck()).isTrue();
    assertThat(mesh.picks(0, 300)).doesNotContainKey("a");
    mesh.cluster().onCheck(mesh.tracker("a"), true, "", mesh.now);
    assertThat(mesh.status("a").health()).isEqualTo(Health.HEALTHY);
    assertThat(mesh.picks(0, 300)).containsKey("a");
  }

  @Test
  void anOldRequestThatEndsWellSaysNothingAboutAnEjection() {
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.now += SECOND;
    mesh.tracker("a").onResponse(0, 200, 2 * SECOND, mesh.now);
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("a").health()).isEqualTo(Health.EJECTED);
  }

  @Test
  void whenAllAreEjectedOneOfThemIsPickedAndTheOneThatServesIsBack() {
    mesh.outlier = new OutlierConfig(3, 3 * SECOND, 30 * SECOND, 100);
    mesh.endpoints("a", "b");
    mesh.answer("a", 503, 3);
    mesh.answer("b", 503, 3);
    mesh.pass(SECOND);
    assertThat(mesh.cluster().healthyEndpoints()).isZero();
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("a", "b");
    assertThat(mesh.cluster().total(Stat.RQ_PANIC)).isEqualTo(300);
    mesh.now += 10 * MILLI;
    mesh.answer("b", 200, 1);
    mesh.pass(100 * MILLI);
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("b");
  }

  @Test
  void aRetryGoesToAnEjectedOneBeforeItGoesToOneThatItHasTried() {
    mesh.endpoints("a", "b");
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    var tried = new Tried();
    assertThat(mesh.pick(0, tried, true)).isEqualTo("b");
    assertThat(mesh.pick(0, tried, true)).isEqualTo("a");
    assertThat(mesh.pick(0, tried, true)).isEqualTo("b");
    assertThat(mesh.pick(0, tried, true)).isEqualTo("a");
  }

  @Test
  void ejectionsAreForgottenOneByOne() {
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.pass(4 * SECOND);
    mesh.now += 10 * MILLI;
    mesh.answer("a", 200, 1);
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("a").timesEjected()).isEqualTo(1);
    mesh.pass(6 * SECOND);
    assertThat(mesh.status("a").timesEjected()).isZero();
  }

  @Test
  void ejectionsDoNotGrowBeyondTheLongest() {
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    for (int i = 0; i < 20; i++) {
      mesh.pass(40 * SECOND);
      mesh.now += 10 * MILLI;
      mesh.refuse("a", 1);
      mesh.pass(100 * MILLI);
    }
    assertThat(mesh.status("a").ejectedForNanos()).isBetween(30 * SECOND, 38 * SECOND);
  }

  @Test
  void switchingOutlierDetectionOffBringsEverybodyBack() {
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.outlier = new OutlierConfig(0, 3 * SECOND, 30 * SECOND, 50);
    mesh.endpoints("a", "b", "c", "d");
    assertThat(mesh.cluster().healthyEndpoints()).isEqualTo(4);
    mesh.answer("a", 503, 100);
    mesh.pass(100 * MILLI);
    assertThat(mesh.cluster().healthyEndpoints()).isEqualTo(4);
  }

  @Test
  void countersAgree() {
    EndpointTracker endpoint = mesh.tracker("a");
    for (int worker = 0; worker < 2; worker++) {
      for (int i = 0; i < 5; i++) {
        endpoint.onAttempt(worker);
      }
      endpoint.onConnect(worker);
      endpoint.onConnectFailure(worker, mesh.now);
      endpoint.onReset(worker, mesh.now);
      endpoint.onTimeout(worker, SECOND, mesh.now);
      endpoint.onResponse(worker, 200, MILLI, mesh.now);
      endpoint.onResponse(worker, 502, MILLI, mesh.now);
      for (int i = 0; i < 4; i++) {
        endpoint.onAttemptEnd(worker);
      }
    }
    assertThat(endpoint.inflight()).isEqualTo(2);
    assertThat(endpoint.total(Stat.RQ_TOTAL)).isEqualTo(10);
    for (Stat stat :
        new Stat[] {
          Stat.CX_TOTAL,
          Stat.CX_CONNECT_FAIL,
          Stat.RQ_RESET,
          Stat.RQ_TIMEOUT,
          Stat.RQ_SUCCESS,
          Stat.RQ_FAILED
        }) {
      assertThat(endpoint.total(stat)).as(stat.name()).isEqualTo(2);
    }
    mesh.endpoints("b");
    // What a cluster has counted stays when the endpoint goes.
    assertThat(mesh.cluster().total(Stat.RQ_TOTAL)).isEqualTo(10);
    assertThat(mesh.set.status().getFirst().totals()).containsEntry(Stat.RQ_TIMEOUT, 2L);
  }
}
