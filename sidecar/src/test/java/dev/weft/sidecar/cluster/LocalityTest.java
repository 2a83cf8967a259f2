package dev.weft.sidecar.cluster;

import static dev.weft.sidecar.cluster.Fixture.MILLI;
import static dev.weft.sidecar.cluster.Fixture.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.weft.common.config.BalancingConfig;
import dev.weft.common.config.BalancingConfig.Failover;
import dev.weft.common.config.BalancingConfig.LocalityConfig;
import dev.weft.common.config.BalancingConfig.LocalityMatch;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.Locality;
import dev.weft.sidecar.lb.Tried;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Priorities by nearness: which share of the requests goes where, and what becomes of the rest. */
class LocalityTest {
  private static final Path GUIDE = Path.of("../docs/guides/balancing.md");
  private static final int PICKS = 100_000;
  private static final Locality HOME = new Locality("eu", "a", "");

  private final Fixture mesh = new Fixture(2);
  private final List<EndpointConfig> endpoints = new ArrayList<>();

  @BeforeEach
  void byNearness() {
    mesh.check = Fixture.CHECK;
    mesh.balancing = balancing(0);
    mesh.set.home(Home.of("frontend-0", "", HOME));
  }

  /**
   * Every mix of healthy endpoints of two zones of five, beside the formula. The table stands in
   * the guide; {@code -Dweft.write=true} writes it anew.
   */
  @Test
  void everyMixOfHealthyEndpointsIsSharedByTheFormula() throws IOException {
    fiveInEachZone();
    var table = new StringBuilder();
    for (int inA = 5; inA >= 0; inA--) {
      table.append("| **").append(inA).append(" of 5** |");
      for (int inB = 5; inB >= 0; inB--) {
        healthy("a", inA);
        healthy("b", inB);
        if (inA + inB == 0) {
          assertThat(mesh.pick()).isEqualTo("-");
          table.append(" nobody |");
          continue;
        }
        double expected = 100 * formula(inA / 5.0, inB / 5.0);
        double share = 100 * shareOf("a");
        assertThat(share).as(inA + " and " + inB).isCloseTo(expected, within(0.5));
        table.append(String.format(Locale.ROOT, " %.1f (%.1f) |", expected, share));
      }
      table.append('\n');
    }
    String guide = Files.readString(GUIDE);
    String begin = "|---|---|---|---|---|---|---|\n| **5 of 5**";
    if (Boolean.getBoolean("weft.write") && guide.contains(begin)) {
      int from = guide.indexOf(begin) + begin.indexOf('\n') + 1;
      int to = guide.indexOf("\n\n", from) + 1;
      guide = guide.substring(0, from) + table + guide.substring(to);
      Files.writeString(GUIDE, guide);
    }
    assertThat(guide).as("-Dweft.write=true writes the table anew").contains(table);
  }

  /** Share of the first of two priorities, as the guide has it in words. */
  private static double formula(double healthyOfA, double healthyOfB) {
    double a = Math.min(1, 1.4 * healthyOfA);
    double b = Math.min(1, 1.4 * healthyOfB);
    return a / Math.min(1, a + b) > 1 ? 1 : a / Math.min(1, a + b);
  }

  @ParameterizedTest
  @EnumSource(LoadBalancerType.class)
  void sharesAreTheSameWhateverTheBalancer(LoadBalancerType type) {
    mesh.type = type;
    fiveInEachZone();
    healthy("a", 2);
    assertThat(shareOf("a")).isCloseTo(0.56, within(0.006));
    assertThat(shareOf("a4")).isZero();
  }

  @Test
  void weightsAreWhatIsCounted() {
    endpoints.add(Fixture.endpoint("a0", HOME, 30));
    endpoints.add(Fixture.endpoint("a1", HOME, 70));
    endpoints.add(Fixture.endpoint("b0", new Locality("eu", "b", ""), 1));
    mesh.endpoints(endpoints);
    check("a1", false);
    assertThat(shareOf("a")).isCloseTo(0.42, within(0.006));
  }

  @Test
  void nobodyGoesFarWhileTheNearOnesAreWell() {
    fiveInEachZone();
    assertThat(shareOf("a")).isEqualTo(1);
    assertThat(mesh.cluster().total(Stat.RQ_FAR)).isZero();
    healthy("a", 4);
    assertThat(shareOf("a")).isEqualTo(1);
    healthy("a", 3);
    assertThat(shareOf("b")).isCloseTo(0.16, within(0.005));
    assertThat(mesh.cluster().total(Stat.RQ_FAR)).isBetween(15_500L, 16_500L);
  }

  @Test
  void theOrderOfThePolicyIsFollowed() {
    mesh.balancing =
        new BalancingConfig(
            0,
            10,
            0,
            new LocalityConfig(
                100,
                List.of(
                    new Failover(
                        new LocalityMatch("eu", "a", ""),
                        List.of(
                            new LocalityMatch("us", "", ""), new LocalityMatch("eu", "c", ""))))));
    for (String place : List.of("eu/a", "eu/b", "eu/c", "us/d")) {
      String[] parts = place.split("/");
      endpoints.add(Fixture.endpoint(parts[1], new Locality(parts[0], parts[1], ""), 1));
    }
    mesh.endpoints(endpoints);
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("a");
    check("a", false);
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("d");
    check("d", false);
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("c");
    check("c", false);
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("b");
    assertThat(ClusterReport.text(mesh.set.status()))
        .contains(
            "  priorities zone eu/a: 0 of 1 take 0%, us: 0 of 1 take 0%, eu/c: 0 of 1 take 0%,"
                + " region eu: 1 of 1 take 100%");
  }

  @Test
  void aRetryGoesOnThroughThePriorities() {
    for (String zone : List.of("a", "b", "c")) {
      endpoints.add(
          Fixture.endpoint(zone, new Locality(zone.equals("c") ? "us" : "eu", zone, ""), 1));
    }
    mesh.endpoints(endpoints);
    var tried = new Tried();
    assertThat(mesh.pick(0, tried, true)).isEqualTo("a");
    assertThat(mesh.pick(0, tried, true)).isEqualTo("b");
    assertThat(mesh.pick(0, tried, true)).isEqualTo("c");
    assertThat(mesh.pick(0, tried, true)).isEqualTo("a");
  }

  @Test
  void aWorkerThatIsRefusedNearbyGoesFartherAtOnce() {
    fiveInEachZone();
    for (int i = 0; i < 5; i++) {
      mesh.refuse("a" + i, 1);
    }
    assertThat(shareOf("b")).isEqualTo(1);
    mesh.now += SECOND;
    assertThat(shareOf("a")).isEqualTo(1);
  }

  @Test
  void belowThePanicThresholdHealthIsNotBelieved() {
    mesh.balancing = balancing(50);
    fiveInEachZone();
    healthy("a", 1);
    // Zone b has enough for all: no panic.
    assertThat(shareOf("a0")).isCloseTo(0.28, within(0.005));
    healthy("b", 1);
    // Everything is used, by its weight.
    assertThat(shareOf("a")).isCloseTo(0.5, within(0.006));
    assertThat(shareOf("a4")).isCloseTo(0.1, within(0.005));
    assertThat(ClusterReport.text(mesh.set.status()))
        .contains("  priorities zone eu/a: 1 of 5 take 50% (panic), region eu: 1 of 5 take 50%");
    healthy("a", 0);
    healthy("b", 0);
    assertThat(mesh.pick()).isNotEqualTo("-");
    long before = mesh.cluster().total(Stat.RQ_PANIC);
    mesh.picks(0, 100);
    assertThat(mesh.cluster().total(Stat.RQ_PANIC) - before).isEqualTo(100);
    healthy("a", 5);
    assertThat(shareOf("a")).isEqualTo(1);
  }

  @Test
  void panicNeedsNoPlaces() {
    mesh.balancing = new BalancingConfig(0, 10, 50, null);
    mesh.endpoints("a0", "a1", "a2", "a3");
    check("a0", false);
    check("a1", false);
    assertThat(mesh.picks(0, 400)).containsOnlyKeys("a2", "a3");
    check("a2", false);
    assertThat(mesh.picks(0, 400)).containsOnlyKeys("a0", "a1", "a2", "a3");
    assertThat(ClusterReport.text(mesh.set.status())).contains("all: 1 of 4 take 100% (panic)");
  }

  @Test
  void theSubZoneThatTheControlPlaneNamesGoesBeforeTheRestOfItsZone() {
    mesh.set.home(Home.of("frontend-0", "node-1", Locality.UNKNOWN));
    for (String subZone : List.of("1", "2")) {
      for (int i = 0; i < 5; i++) {
        endpoints.add(Fixture.endpoint("s" + subZone + i, new Locality("eu", "a", subZone), 1));
      }
    }
    learn(new Locality("eu", "a", "2"));
    assertThat(shareOf("s2")).isEqualTo(1);
    for (int i = 0; i < 3; i++) {
      check("s2" + i, false);
    }
    assertThat(shareOf("s2")).isCloseTo(0.56, within(0.006));
    assertThat(ClusterReport.text(mesh.set.status()))
        .contains("  priorities sub-zone eu/a/2: 2 of 5 take 56%, zone eu/a: 5 of 5 take 44%");
    learn(new Locality("eu", "a", "1"));
    assertThat(shareOf("s1")).isEqualTo(1);
  }

  @Test
  void aSidecarThatDoesNotKnowItsPlaceTakesAllAlike() {
    mesh.set.home(Home.of("frontend-0", "", Locality.UNKNOWN));
    fiveInEachZone();
    assertThat(shareOf("a")).isCloseTo(0.5, within(0.006));
  }

  @Test
  void aPolicyThatComesAndGoesLeavesEndpointsAsTheyAre() {
    mesh.balancing = BalancingConfig.DEFAULT;
    fiveInEachZone();
    EndpointTracker before = mesh.tracker("a0");
    assertThat(shareOf("a")).isCloseTo(0.5, within(0.006));
    mesh.balancing = balancing(0);
    mesh.endpoints(endpoints);
    assertThat(shareOf("a")).isEqualTo(1);
    mesh.balancing = BalancingConfig.DEFAULT;
    mesh.endpoints(endpoints);
    assertThat(shareOf("a")).isCloseTo(0.5, within(0.006));
    assertThat(mesh.tracker("a0")).isSameAs(before);
    assertThat(mesh.gone).isEmpty();
  }

  @Test
  void aClientKeepsItsEndpointWhereSomeSpillOver() {
    mesh.type = LoadBalancerType.CLIENT_ADDRESS;
    fiveInEachZone();
    healthy("a", 2);
    for (int client = 1; client < 100; client++) {
      String first = pickOf(client);
      assertThat(pickOf(client)).isEqualTo(first);
    }
  }

  @Test
  void aPickAllocatesNothingWhereSomeSpillOver() {
    fiveInEachZone();
    healthy("a", 2);
    mesh.refuse("a0", 1);
    mesh.refuse("a1", 1);
    var tried = new Tried();
    Picker picker = mesh.cluster().picker();
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = 0;
    for (int i = 0; i < 200_000; i++) {
      if (i == 100_000) {
        before = threads.getCurrentThreadAllocatedBytes();
      }
      tried.reset();
      picker.pick(0, mesh.now, tried, true);
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(100_000);
  }

  private String pickOf(int client) {
    var tried = new Tried();
    mesh.cluster()
        .picker()
        .tellClient(tried, new InetSocketAddress(InetAddress.ofLiteral("10.0.0." + client), 5000));
    return mesh.pick(0, tried, true);
  }

  private static BalancingConfig balancing(int panicThresholdPercent) {
    return new BalancingConfig(0, 10, panicThresholdPercent, new LocalityConfig(140, List.of()));
  }

  /** As a sidecar does that was not told itself where it runs. */
  private void learn(Locality place) {
    ConfigSnapshot plain = mesh.snapshot(endpoints);
    mesh.set.update(
        new ConfigSnapshot(
            plain.virtualHosts(),
            plain.clusters(),
            plain.endpointSlices(),
            plain.inbound(),
            place,
            2));
  }

  private void fiveInEachZone() {
    for (String zone : List.of("a", "b")) {
      for (int i = 0; i < 5; i++) {
        endpoints.add(Fixture.endpoint(zone + i, new Locality("eu", zone, ""), 1));
      }
    }
    mesh.endpoints(endpoints);
  }

  /** The first of a zone are well, the others are not. */
  private void healthy(String zone, int count) {
    for (int i = 0; i < 5; i++) {
      check(zone + i, i < count);
    }
  }

  private void check(String id, boolean healthy) {
    for (int i = 0; i < 3; i++) {
      mesh.now += MILLI;
      mesh.cluster().onCheck(mesh.tracker(id), healthy, healthy ? "" : "status 500", mesh.now);
    }
  }

  private double shareOf(String idPrefix) {
    int here = 0;
    var tried = new Tried();
    Picker picker = mesh.cluster().picker();
    for (int i = 0; i < PICKS; i++) {
      tried.reset();
      tried.client(i);
      EndpointTracker picked = picker.pick(0, mesh.now, tried, true);
      here += picked != null && picked.id().startsWith(idPrefix) ? 1 : 0;
    }
    return (double) here / PICKS;
  }
}
