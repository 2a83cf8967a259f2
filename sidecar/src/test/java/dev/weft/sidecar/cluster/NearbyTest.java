package dev.weft.sidecar.cluster;

import static dev.weft.sidecar.cluster.Fixture.MILLI;
import static dev.weft.sidecar.cluster.Fixture.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.Locality;
import dev.weft.sidecar.lb.Tried;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Endpoints near the caller first, and what happens when they are not well. */
class NearbyTest {
  private final Fixture mesh = new Fixture(2);
  private final List<EndpointConfig> endpoints = new ArrayList<>();

  @Test
  void onlyThoseOfTheCallersZoneArePicked() {
    inZone("a");
    twoOfEachZone();
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("a1", "a2");
    assertThat(mesh.picks(1, 300)).containsOnlyKeys("a1", "a2");
    assertThat(mesh.cluster().healthyEndpoints()).isEqualTo(4);
    assertThat(ClusterReport.text(mesh.set.status())).contains("  prefers zone a: 2");
  }

  @Test
  void aZoneWithoutEndpointsTakesAll() {
    inZone("c");
    twoOfEachZone();
    assertThat(mesh.picks(0, 400)).containsOnlyKeys("a1", "a2", "b1", "b2");
    assertThat(ClusterReport.text(mesh.set.status())).doesNotContain("prefers");
  }

  @Test
  void oneOfTheZoneThatIsEjectedLeavesTheRestToTheOtherOne() {
    inZone("a");
    twoOfEachZone();
    mesh.answer("a1", 503, 3);
    mesh.pass(100 * MILLI);
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("a2");
  }

  @Test
  void whenNoneOfTheZoneIsWellAllOthersAreTakenAndBackItGoesWithTheFirst() {
    inZone("a");
    twoOfEachZone();
    mesh.answer("a1", 503, 3);
    mesh.answer("a2", 503, 3);
    mesh.pass(100 * MILLI);
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("b1", "b2");
    assertThat(mesh.cluster().healthyEndpoints()).isEqualTo(2);
    assertThat(ClusterReport.text(mesh.set.status())).contains("  prefers zone a: all alike");

    mesh.pass(4 * SECOND);
    mesh.now += MILLI;
    mesh.answer("a1", 200, 1);
    mesh.pass(100 * MILLI);
    assertThat(mesh.status("a1").health()).isEqualTo(EndpointStatus.Health.HEALTHY);
    mesh.picks(0, 1);
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("a1");
  }

  @Test
  void activeChecksThatFailTakeTheZoneOutToo() {
    mesh.check = Fixture.CHECK;
    inZone("a");
    twoOfEachZone();
    for (String id : List.of("a1", "a2")) {
      mesh.cluster().onCheck(mesh.tracker(id), false, "status 500", mesh.now);
    }
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("b1", "b2");
    for (String id : List.of("b1", "b2")) {
      mesh.cluster().onCheck(mesh.tracker(id), false, "status 500", mesh.now);
    }
    assertThat(mesh.pick()).isEqualTo("-");
  }

  @Test
  void aRequestThatHasTriedAllOfTheZoneGoesElsewhere() {
    inZone("a");
    twoOfEachZone();
    var tried = new Tried();
    var order = new ArrayList<String>();
    for (int i = 0; i < 4; i++) {
      order.add(mesh.pick(0, tried, true));
    }
    assertThat(order.subList(0, 2)).containsExactlyInAnyOrder("a1", "a2");
    assertThat(order.subList(2, 4)).containsExactlyInAnyOrder("b1", "b2");
    // All are tried: the one whose turn is longest ago.
    assertThat(mesh.pick(0, tried, true)).startsWith("a");
  }

  @Test
  void aWorkerThatIsRefusedByTheZoneGoesElsewhereAtOnce() {
    inZone("a");
    twoOfEachZone();
    mesh.refuse("a1", 1);
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("a2");
    mesh.refuse("a2", 1);
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("b1", "b2");
    assertThat(mesh.picks(1, 300)).containsOnlyKeys("a1", "a2");
    mesh.now += SECOND;
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("a1", "a2");
  }

  @Test
  void theReserveOfTheEjectedComesAfterTheOtherZones() {
    inZone("a");
    endpoints.add(in("a", endpoint("a1", 1)));
    endpoints.add(in("b", endpoint("b1", 2)));
    mesh.endpoints(endpoints);
    mesh.answer("a1", 503, 3);
    mesh.pass(100 * MILLI);
    var tried = new Tried();
    assertThat(mesh.pick(0, tried, false)).isEqualTo("b1");
    assertThat(mesh.pick(0, tried, false)).isEqualTo("a1");
  }

  @Test
  void theZoneIsLearntFromTheControlPlaneAndKept() {
    twoOfEachZone();
    assertThat(mesh.picks(0, 400)).hasSize(4);
    mesh.set.update(snapshot(new Locality("eu", "b", "")));
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("b1", "b2");
    mesh.set.update(snapshot(Locality.UNKNOWN));
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("b1", "b2");
    mesh.set.update(snapshot(new Locality("eu", "a", "")));
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("a1", "a2");
  }

  @Test
  void aZoneThatThisSidecarWasToldItselfHolds() {
    inZone("a");
    twoOfEachZone();
    mesh.set.update(snapshot(new Locality("eu", "b", "")));
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("a1", "a2");
  }

  @Test
  void aMoveLeavesHealthAsItIs() {
    twoOfEachZone();
    mesh.answer("b1", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.set.update(snapshot(new Locality("eu", "b", "")));
    assertThat(mesh.picks(0, 300)).containsOnlyKeys("b2");
  }

  @Test
  void whereOnlyItsOwnMachineMayServeNobodyElseDoes() {
    mesh.sameNodeOnly = true;
    mesh.set.home(Home.of("frontend-0", "n1", new Locality("", "a", "")));
    endpoints.add(on("n1", endpoint("a1", 1)));
    endpoints.add(on("n2", endpoint("a2", 2)));
    mesh.endpoints(endpoints);
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("a1");
    mesh.endpoints(endpoints.subList(1, 2));
    assertThat(mesh.pick()).isEqualTo("-");
    assertThat(mesh.cluster().picker().emptiness()).isEqualTo(Picker.Emptiness.NO_ENDPOINTS);
  }

  @Test
  void whoDoesNotKnowItsMachineTakesAll() {
    mesh.sameNodeOnly = true;
    endpoints.add(on("n1", endpoint("a1", 1)));
    endpoints.add(on("n2", endpoint("a2", 2)));
    mesh.endpoints(endpoints);
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("a1", "a2");
  }

  @Test
  void allThatOneAddressSendsGoesToOneEndpoint() {
    mesh.type = LoadBalancerType.CLIENT_ADDRESS;
    twoOfEachZone();
    assertThat(picksOf("10.1.0.7")).isEqualTo(picksOf("10.1.0.7")).hasSize(1);
    var all = new HashSet<String>();
    for (int i = 1; i < 50; i++) {
      all.addAll(picksOf("10.1.0." + i));
    }
    assertThat(all).hasSize(4);
    // Whose address says nothing is this sidecar's own application.
    assertThat(picksOf("127.0.0.1")).hasSize(1);
  }

  @Test
  void whereAnAddressDecidesTheZoneGoesFirstToo() {
    mesh.type = LoadBalancerType.CLIENT_ADDRESS;
    inZone("a");
    twoOfEachZone();
    for (int i = 1; i < 20; i++) {
      assertThat(picksOf("10.1.0." + i)).isSubsetOf("a1", "a2").hasSize(1);
    }
  }

  @Test
  void aPickAllocatesNothingWhereZonesMatter() {
    inZone("a");
    twoOfEachZone();
    mesh.refuse("a1", 1);
    mesh.refuse("a2", 1);
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

  private Set<String> picksOf(String address) {
    var client = new InetSocketAddress(InetAddress.ofLiteral(address), 50_000);
    var picked = new HashSet<String>();
    for (int worker = 0; worker < 2; worker++) {
      for (int i = 0; i < 20; i++) {
        var tried = new Tried();
        Picker picker = mesh.cluster().picker();
        assertThat(picker.byClient()).isTrue();
        picker.tellClient(tried, client);
        picked.add(mesh.pick(worker, tried, true));
      }
    }
    return picked;
  }

  private void inZone(String zone) {
    mesh.set.home(Home.of("frontend-0", "", new Locality("", zone, "")));
  }

  private void twoOfEachZone() {
    endpoints.add(in("a", endpoint("a1", 1)));
    endpoints.add(in("a", endpoint("a2", 2)));
    endpoints.add(in("b", endpoint("b1", 3)));
    endpoints.add(in("b", endpoint("b2", 4)));
    mesh.endpoints(endpoints);
  }

  private ConfigSnapshot snapshot(Locality locality) {
    ConfigSnapshot plain = mesh.snapshot(endpoints);
    return new ConfigSnapshot(
        plain.virtualHosts(),
        plain.clusters(),
        plain.endpointSlices(),
        plain.inbound(),
        locality,
        2);
  }

  private static EndpointConfig endpoint(String id, int host) {
    return Fixture.endpoint(id, "1", "127.0.1." + host, 8080, 1);
  }

  private static EndpointConfig in(String zone, EndpointConfig of) {
    return hinted(of, Set.of(zone), Set.of());
  }

  private static EndpointConfig on(String node, EndpointConfig of) {
    return hinted(of, Set.of(), Set.of(node));
  }

  private static EndpointConfig hinted(EndpointConfig of, Set<String> zones, Set<String> nodes) {
    return new EndpointConfig(
        of.id(),
        of.incarnation(),
        of.address(),
        of.port(),
        of.weight(),
        of.locality(),
        of.sidecar(),
        of.protocols(),
        of.identity(),
        of.labels(),
        zones,
        nodes);
  }
}
