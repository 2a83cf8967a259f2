package dev.weft.sidecar.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** What a worker expects of an endpoint. */
class EndpointLoadTest {
  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000_000_000L;
  private static final Offset<Double> CLOSE = within(0.05 * MILLI);

  private final ClusterLoad cluster = new ClusterLoad(0, 1);
  private final EndpointLoad load = new EndpointLoad(cluster);

  @Test
  void aPeakCountsAtOnceAndFadesWithTime() {
    load.observe(2 * MILLI, 0);
    load.observe(100 * MILLI, SECOND);
    assertThat(load.latencyNanos(SECOND)).isEqualTo(100.0 * MILLI);
    load.observe(2 * MILLI, SECOND + EndpointLoad.DECAY_NANOS);
    assertThat(load.latencyNanos(SECOND + EndpointLoad.DECAY_NANOS))
        .isCloseTo((2 + 98 / Math.E) * MILLI, CLOSE);
  }

  @Test
  void manyQuickAnswersInAMomentDoNotHideAPeak() {
    load.observe(100 * MILLI, 0);
    for (int i = 0; i < 1000; i++) {
      load.observe(MILLI, i);
    }
    assertThat(load.latencyNanos(1000)).isGreaterThan(99.0 * MILLI);
  }

  @Test
  void anIdleEndpointDriftsToTheAverageOfTheCluster() {
    var other = new EndpointLoad(cluster);
    load.observe(100 * MILLI, 0);
    for (int i = 0; i < 1000; i++) {
      other.observe(10 * MILLI, 0);
    }
    assertThat(load.latencyNanos(60 * SECOND)).isCloseTo(10.0 * MILLI, CLOSE);
  }

  @Test
  void whatIsUnknownCostsTheAverage() {
    load.observe(10 * MILLI, 0);
    assertThat(new EndpointLoad(cluster).cost(0, 1)).isEqualTo(load.cost(0, 1));
  }

  @Test
  void aQuickFailureDoesNotLookLikeAQuickAnswer() {
    load.observe(10 * MILLI, 0);
    load.observeFailure(MILLI, 0);
    assertThat(load.latencyNanos(0)).isEqualTo(10.0 * MILLI);
    load.observeFailure(1000 * MILLI, 0);
    assertThat(load.latencyNanos(0)).isEqualTo(1000.0 * MILLI);
  }

  @Test
  void aForgottenEndpointIsANewcomer() {
    var other = new EndpointLoad(cluster);
    other.observe(10 * MILLI, 0);
    load.observe(1000 * MILLI, 0);
    load.avoid(60 * SECOND, 0);
    load.begin();
    load.forget();
    assertThat(load.avoided(0)).isFalse();
    assertThat(load.displayLatencyNanos()).isEqualTo(-1);
    assertThat(load.inflight()).isEqualTo(1);
  }

  @Test
  void theLongerAvoidanceHolds() {
    load.avoid(5 * SECOND, 0);
    load.avoid(SECOND, 0);
    assertThat(load.avoided(4 * SECOND)).isTrue();
    assertThat(load.avoided(5 * SECOND)).isFalse();
  }

  @Test
  void timesMayWrapAround() {
    long now = Long.MAX_VALUE - SECOND;
    load.avoid(5 * SECOND, now);
    assertThat(load.avoided(now + 4 * SECOND)).isTrue();
    assertThat(load.avoided(now + 6 * SECOND)).isFalse();
  }
}
