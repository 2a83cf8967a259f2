package dev.weft.sidecar.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Whom the policies pick, over 100,000 seeded picks. */
class PolicyTest {
  private static final int PICKS = 100_000;
  private static final long SECOND = 1_000_000_000L;
  private static final long MILLI = 1_000_000L;

  private final ClusterLoad worker = new ClusterLoad(0, 42);
  private final Tried tried = new Tried();

  @ParameterizedTest
  @EnumSource(LoadBalancerType.class)
  void equalEndpointsGetEqualShares(LoadBalancerType type) {
    assertShares(shares(policy(type, 1, 1, 1, 1, 1)), 0.2, 0.2, 0.2, 0.2, 0.2);
  }

  @ParameterizedTest
  @EnumSource(LoadBalancerType.class)
  void sharesFollowWeights(LoadBalancerType type) {
    assertShares(shares(policy(type, 5, 3, 1, 1)), 0.5, 0.3, 0.1, 0.1);
  }

  @ParameterizedTest
  @EnumSource(LoadBalancerType.class)
  void sharesOfTwoFollowWeights(LoadBalancerType type) {
    assertShares(shares(policy(type, 9, 1)), 0.9, 0.1);
  }

  @ParameterizedTest
  @EnumSource(LoadBalancerType.class)
  void veryUnequalWeightsHold(LoadBalancerType type) {
    assertShares(shares(policy(type, 1_000_000, 10_000, 1)), 0.99, 0.01, 0);
  }

  @ParameterizedTest
  @EnumSource(LoadBalancerType.class)
  void theOnlyOneGetsAll(LoadBalancerType type) {
    assertShares(shares(policy(type, 7)), 1);
  }

  @ParameterizedTest
  @EnumSource(LoadBalancerType.class)
  void nobodyIsPickedFromNobody(LoadBalancerType type) {
    assertThat(policy(type).pick(worker, 0, tried)).isEqualTo(-1);
  }

  @ParameterizedTest
  @EnumSource(LoadBalancerType.class)
  void whatWasTriedIsNotPickedAgainAndTheRestSharesByWeight(LoadBalancerType type) {
    Policy policy = policy(type, 4, 2, 1, 1);
    tried.add(policy.candidates().load(0, 0));
    assertShares(shares(policy), 0, 0.5, 0.25, 0.25);
    tried.add(policy.candidates().load(0, 1));
    tried.add(policy.candidates().load(0, 2));
    tried.add(policy.candidates().load(0, 3));
    assertThat(policy.pick(worker, 0, tried)).isEqualTo(-1);
  }

  @ParameterizedTest
  @EnumSource(LoadBalancerType.class)
  void theTurnsOfAnAvoidedOneAreSpreadOverTheOthers(LoadBalancerType type) {
    Policy policy = policy(type, 1, 1, 1, 1);
    policy.candidates().load(0, 1).avoid(SECOND, 0);
    assertShares(shares(policy), 1 / 3.0, 0, 1 / 3.0, 1 / 3.0);
  }

  @ParameterizedTest
  @EnumSource(value = LoadBalancerType.class, names = "CLIENT_ADDRESS", mode = Mode.EXCLUDE)
  void anAvoidedOneIsPickedWhenNoOtherIsLeft(LoadBalancerType type) {
    Policy policy = policy(type, 1, 1, 1);
    policy.candidates().load(0, 0).avoid(3 * SECOND, 0);
    policy.candidates().load(0, 1).avoid(2 * SECOND, 0);
    tried.add(policy.candidates().load(0, 2));
    // The one whose avoidance ends first.
    assertThat(policy.pick(worker, SECOND, tried)).isEqualTo(1);
    tried.add(policy.candidates().load(0, 1));
    assertThat(policy.pick(worker, SECOND, tried)).isEqualTo(0);
  }

  @ParameterizedTest
  @EnumSource(LoadBalancerType.class)
  void anAvoidanceEnds(LoadBalancerType type) {
    Policy policy = policy(type, 1, 1);
    policy.candidates().load(0, 0).avoid(SECOND, -SECOND);
    assertShares(shares(policy), 0.5, 0.5);
  }

  @Test
  void weightedTurnsAreEvenlySpread() {
    Policy policy = policy(LoadBalancerType.ROUND_ROBIN, 6, 3, 1);
    int[] last = {-1, -1, -1};
    int[] longestGap = new int[3];
    for (int i = 0; i < 10_000; i++) {
      int index = policy.pick(worker, 0, tried);
      if (last[index] >= 0) {
        longestGap[index] = Math.max(longestGap[index], i - last[index]);
      }
      last[index] = i;
    }
    // On average every 1.67, 3.33 and 10 picks.
    assertThat(longestGap[0]).isLessThanOrEqualTo(3);
    assertThat(longestGap[1]).isLessThanOrEqualTo(5);
    assertThat(longestGap[2]).isLessThanOrEqualTo(12);
  }

  @Test
  void aSlowEndpointGetsLittle() {
    Policy policy = policy(LoadBalancerType.PEAK_EWMA, 1, 1, 1);
    observe(policy, 0, 0, 2 * MILLI);
    observe(policy, 1, 0, 50 * MILLI);
    observe(policy, 2, 0, 2 * MILLI);
    assertShares(shares(policy), 0.5, 0, 0.5);
  }

  @Test
  void requestsUnderWayCountAsMuchAsLatency() {
    Policy policy = policy(LoadBalancerType.PEAK_EWMA, 1, 1);
    observe(policy, 0, 0, 10 * MILLI);
    observe(policy, 1, 0, 30 * MILLI);
    int[] inflight = new int[2];
    for (int i = 0; i < 40; i++) {
      int index = policy.pick(worker, 0, tried);
      policy.candidates().load(0, index).begin();
      inflight[index]++;
    }
    // Three times as quick carries about three times as much at once.
    assertThat(inflight[0]).isBetween(27, 33);
  }

  @Test
  void theFewerUnderWayTheBetterWhateverTheLatency() {
    Policy policy = policy(LoadBalancerType.LEAST_REQUEST, 1, 1, 1);
    observe(policy, 0, 0, 50 * MILLI);
    policy.candidates().load(0, 1).begin();
    policy.candidates().load(0, 2).begin();
    // Whenever it is one of the two, which is two times in three.
    assertShares(shares(policy), 2 / 3.0, 1 / 6.0, 1 / 6.0);
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAST_REQUEST", "PEAK_EWMA"})
  void ofTwoChoicesNobodyGetsMoreThanBeingDrawnGives(LoadBalancerType type) {
    Policy policy = policy(type, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    for (int i = 1; i < 10; i++) {
      observe(policy, i, 0, 10 * MILLI);
      for (int requests = 0; requests < 5; requests++) {
        policy.candidates().load(0, i).begin();
      }
    }
    // The idle newcomer, however much better it looks.
    assertThat(shares(policy)[0]).isCloseTo(0.2, within(0.005));
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAST_REQUEST", "PEAK_EWMA"})
  void aHeavyEndpointMayCarryMoreAtOnce(LoadBalancerType type) {
    Policy policy = policy(type, 3, 1);
    int[] inflight = new int[2];
    for (int i = 0; i < 400; i++) {
      int index = policy.pick(worker, 0, tried);
      policy.candidates().load(0, index).begin();
      inflight[index]++;
    }
    assertThat(inflight[0]).isBetween(285, 315);
  }

  @Test
  void aNewcomerIsAverageAndNobodyHerdsToIt() {
    Policy policy = policy(LoadBalancerType.PEAK_EWMA, 1, 1, 1, 1);
    for (int i = 0; i < 3; i++) {
      observe(policy, i, 0, 20 * MILLI);
    }
    assertShares(shares(policy), 0.25, 0.25, 0.25, 0.25);
  }

  @Test
  void aSlowEndpointIsTriedAgainAfterAWhile() {
    Policy policy = policy(LoadBalancerType.PEAK_EWMA, 1, 1);
    observe(policy, 0, 0, 2 * MILLI);
    observe(policy, 1, 0, 40 * MILLI);
    long now = 20 * SECOND;
    for (int i = 0; i < 200; i++) {
      observe(policy, 0, now, 2 * MILLI);
    }
    int[] counts = new int[2];
    for (int i = 0; i < 1000; i++) {
      counts[policy.pick(worker, now, tried)]++;
    }
    assertThat(counts[1]).isBetween(400, 600);
  }

  @Test
  void workersDoNotMoveInStep() {
    Policy policy = policy(LoadBalancerType.ROUND_ROBIN, 1, 1, 1, 1, 1, 1, 1, 1);
    int[] first = new int[8];
    for (int seed = 0; seed < 800; seed++) {
      first[policy.pick(new ClusterLoad(0, seed), 0, tried)]++;
    }
    assertThat(Arrays.stream(first).min().orElse(0)).isGreaterThan(60);
  }

  @Test
  void aClientStaysWithItsEndpointAsLongAsThatIsThere() {
    Policy four = policy(LoadBalancerType.CLIENT_ADDRESS, 1, 1, 1, 1);
    Policy five = policy(LoadBalancerType.CLIENT_ADDRESS, 1, 1, 1, 1, 1);
    var elsewhere = new ClusterLoad(0, 7);
    int moved = 0;
    for (int client = 0; client < 10_000; client++) {
      tried.client(client);
      int before = four.pick(worker, 0, tried);
      assertThat(four.pick(elsewhere, SECOND, tried)).isEqualTo(before);
      int after = five.pick(worker, 0, tried);
      if (after != before) {
        // Who moves goes to the newcomer, and a fifth of all does.
        assertThat(after).isEqualTo(4);
        moved++;
      }
    }
    assertThat(moved).isBetween(1_900, 2_100);
  }

  @Test
  void whileAClientsEndpointIsAvoidedItHasOneOtherAndThenItIsBack() {
    Policy policy = policy(LoadBalancerType.CLIENT_ADDRESS, 1, 1, 1, 1);
    tried.client(7);
    int own = policy.pick(worker, 0, tried);
    policy.candidates().load(0, own).avoid(SECOND, 0);
    int other = policy.pick(worker, 0, tried);
    assertThat(other).isNotEqualTo(own);
    assertThat(policy.pick(worker, MILLI, tried)).isEqualTo(other);
    assertThat(policy.pick(worker, SECOND, tried)).isEqualTo(own);
    // When all are to be avoided it stays, too.
    for (int i = 0; i < 4; i++) {
      policy.candidates().load(0, i).avoid(SECOND, 2 * SECOND);
    }
    assertThat(policy.pick(worker, 2 * SECOND, tried)).isEqualTo(own);
  }

  @ParameterizedTest
  @EnumSource(LoadBalancerType.class)
  void aPickAllocatesNothing(LoadBalancerType type) {
    Policy policy = policy(type, 5, 3, 1, 1);
    policy.candidates().load(0, 2).avoid(SECOND, 0);
    shares(policy);
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    long sum = 0;
    for (int i = 0; i < PICKS; i++) {
      sum += policy.pick(worker, 0, tried);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(sum).isPositive();
    assertThat(allocated).isLessThan(PICKS);
  }

  private Policy policy(LoadBalancerType type, int... weights) {
    var loads = new EndpointLoad[1][weights.length];
    for (int i = 0; i < weights.length; i++) {
      loads[0][i] = new EndpointLoad(worker);
    }
    var candidates = new Candidates(loads, weights);
    return type == LoadBalancerType.CLIENT_ADDRESS
        ? Policy.byClientAddress(candidates, names(weights.length))
        : Policy.of(type, candidates);
  }

  private static long[] names(int count) {
    return LongStream.range(0, count).toArray();
  }

  private static void observe(Policy policy, int index, long nowNanos, long latencyNanos) {
    policy.candidates().load(0, index).observe(latencyNanos, nowNanos);
  }

  private double[] shares(Policy policy) {
    double[] shares = new double[policy.candidates().size()];
    for (int i = 0; i < PICKS; i++) {
      // Another caller each time, for the policy that asks who calls.
      tried.client(i);
      shares[policy.pick(worker, 0, tried)] += 1.0 / PICKS;
    }
    return shares;
  }

  private static void assertShares(double[] shares, double... expected) {
    // Three sigma of the widest binomial over 100,000 picks.
    assertThat(shares).containsExactly(expected, within(0.005));
  }
}
