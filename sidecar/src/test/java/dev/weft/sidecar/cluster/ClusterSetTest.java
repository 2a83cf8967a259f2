package dev.weft.sidecar.cluster;

import static dev.weft.sidecar.cluster.Fixture.MILLI;
import static dev.weft.sidecar.cluster.Fixture.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.weft.common.config.ClusterConfig.LimitsConfig;
import dev.weft.common.config.ClusterConfig.LoadBalancerType;
import dev.weft.common.config.ConfigSnapshot;
import dev.weft.sidecar.cluster.EndpointStatus.Health;
import dev.weft.sidecar.cluster.Picker.Emptiness;
import dev.weft.sidecar.lb.Tried;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** How clusters go from snapshot to snapshot, and what their health makes of a pick. */
class ClusterSetTest {
  private final Fixture mesh = new Fixture(1);

  @Test
  void anEndpointKeepsItsHealthFromSnapshotToSnapshot() {
    mesh.endpoints("a", "b");
    Cluster cluster = mesh.cluster();
    EndpointTracker before = mesh.tracker("a");
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    mesh.endpoints(
        List.of(
            Fixture.endpoint("a", "1", "127.0.0.1", 8080, 5),
            Fixture.endpoint("b"),
            Fixture.endpoint("c")));
    assertThat(mesh.cluster()).isSameAs(cluster);
    assertThat(mesh.tracker("a")).isSameAs(before);
    assertThat(before.config().weight()).isEqualTo(5);
    assertThat(mesh.status("a").health()).isEqualTo(Health.EJECTED);
    assertThat(mesh.gone).isEmpty();
  }

  @Test
  void anotherIncarnationOrAddressIsAnotherEndpoint() {
    mesh.endpoints("a", "b");
    mesh.answer("a", 503, 3);
    mesh.pass(100 * MILLI);
    EndpointTracker before = mesh.tracker("a");
    mesh.endpoints(
        List.of(Fixture.endpoint("a", "2", "127.0.0.1", 8080, 1), Fixture.endpoint("b")));
    assertThat(mesh.status("a").health()).isEqualTo(Health.HEALTHY);
    assertThat(before.retired()).isTrue();
    assertThat(mesh.gone).containsExactly(before);
    mesh.endpoints(
        List.of(Fixture.endpoint("a", "2", "127.0.0.1", 8081, 1), Fixture.endpoint("b")));
    assertThat(mesh.gone).hasSize(2);
    assertThat(mesh.tracker("a").address().getPort()).isEqualTo(8081);
  }

  @Test
  void aSnapshotWithoutChangesKeepsThePicker() {
    mesh.endpoints("a", "b");
    Picker picker = mesh.cluster().picker();
    mesh.endpoints("a", "b");
    mesh.pass(100 * MILLI);
    assertThat(mesh.cluster().picker()).isSameAs(picker);
    mesh.endpoints("a");
    assertThat(mesh.cluster().picker()).isNotSameAs(picker);
  }

  @Test
  void whatIsNewIsMadeBeforeWhatIsGoneIsClosed() {
    mesh.endpoints("a");
    Cluster cluster = mesh.cluster();
    mesh.set.update(ConfigSnapshot.EMPTY);
    assertThat(mesh.set.find(Fixture.NAME)).isSameAs(cluster);
    mesh.set.retire(ConfigSnapshot.EMPTY);
    assertThat(mesh.set.find(Fixture.NAME)).isNull();
    assertThat(cluster.closed()).isTrue();
    assertThat(mesh.gone).hasSize(1);
    // A request that holds the cluster still is served.
    EndpointTracker picked = cluster.picker().pick(0, mesh.now, new Tried(), true);
    assertThat(Objects.requireNonNull(picked).id()).isEqualTo("a");
  }

  @Test
  void aClusterWithoutEndpointsHasNobodyToPick() {
    mesh.endpoints();
    assertThat(mesh.pick()).isEqualTo("-");
    assertThat(mesh.cluster().picker().emptiness()).isEqualTo(Emptiness.NO_ENDPOINTS);
    assertThat(mesh.cluster().total(Stat.RQ_NO_HEALTHY)).isEqualTo(1);
  }

  @Test
  void whenAllFailTheirChecksNobodyIsPicked() {
    mesh.check = Fixture.CHECK;
    mesh.endpoints("a", "b");
    fail("a");
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("b");
    fail("b");
    assertThat(mesh.pick()).isEqualTo("-");
    assertThat(mesh.cluster().picker().emptiness()).isEqualTo(Emptiness.ALL_FAIL_CHECKS);
    assertThat(mesh.status("a").reason()).isEqualTo("active check: status 500");
  }

  @Test
  void whoIsEjectedIsPickedBeforeWhoFailsItsChecks() {
    mesh.check = Fixture.CHECK;
    mesh.endpoints("a", "b");
    fail("a");
    mesh.answer("b", 503, 3);
    mesh.pass(100 * MILLI);
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("b");
  }

  @Test
  void aNewcomerTakesTrafficAndItsFirstCheckDecides() {
    mesh.check = Fixture.CHECK;
    mesh.endpoints("a", "b");
    assertThat(mesh.status("a").health()).isEqualTo(Health.UNCHECKED);
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("a", "b");
    fail("a");
    assertThat(mesh.status("a").health()).isEqualTo(Health.UNHEALTHY);
    mesh.cluster().onCheck(mesh.tracker("b"), true, "", mesh.now);
    assertThat(mesh.status("b").health()).isEqualTo(Health.HEALTHY);
  }

  @Test
  void laterTheThresholdsDecide() {
    mesh.check = Fixture.CHECK;
    mesh.endpoints("a", "b");
    pass("a");
    fail("a");
    fail("a");
    assertThat(mesh.status("a").health()).isEqualTo(Health.HEALTHY);
    pass("a");
    fail("a");
    fail("a");
    fail("a");
    assertThat(mesh.status("a").health()).isEqualTo(Health.UNHEALTHY);
    pass("a");
    assertThat(mesh.status("a").health()).isEqualTo(Health.UNHEALTHY);
    pass("a");
    assertThat(mesh.status("a").health()).isEqualTo(Health.HEALTHY);
    assertThat(mesh.tracker("a").total(Stat.CHECK_TOTAL)).isEqualTo(9);
    assertThat(mesh.tracker("a").total(Stat.CHECK_FAILURE)).isEqualTo(5);
  }

  @Test
  void withoutChecksNobodyFailsThem() {
    mesh.check = Fixture.CHECK;
    mesh.endpoints("a", "b");
    fail("a");
    mesh.check = null;
    mesh.endpoints("a", "b");
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("a", "b");
    fail("a");
    assertThat(mesh.picks(0, 100)).containsOnlyKeys("a", "b");
  }

  @Test
  void limitsHoldForTheProcessAndFollowTheConfiguration() {
    mesh.limits = new LimitsConfig(2, 1, 0, 1);
    mesh.endpoints("a");
    Cluster cluster = mesh.cluster();
    assertThat(cluster.requests()).isNull();
    assertThat(cluster.connections().tryAcquire()).isTrue();
    assertThat(cluster.connections().tryAcquire()).isTrue();
    assertThat(cluster.connections().tryAcquire()).isFalse();
    cluster.connections().release();
    assertThat(cluster.connections().tryAcquire()).isTrue();
    mesh.limits = new LimitsConfig(3, 1, 1, 1);
    mesh.endpoints("a");
    assertThat(cluster.connections().tryAcquire()).isTrue();
    assertThat(cluster.connections().used()).isEqualTo(3);
    Limit requests = Objects.requireNonNull(cluster.requests());
    assertThat(requests.tryAcquire()).isTrue();
    assertThat(requests.tryAcquire()).isFalse();
    mesh.limits = new LimitsConfig(3, 1, 2, 1);
    mesh.endpoints("a");
    assertThat(cluster.requests()).isSameAs(requests);
    assertThat(requests.tryAcquire()).isTrue();
  }

  @Test
  void aPickAndItsReportsAllocateNothing() {
    mesh.type = LoadBalancerType.PEAK_EWMA;
    mesh.endpoints("a", "b", "c");
    var tried = new Tried();
    attempts(tried, 20_000);
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    attempts(tried, 100_000);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(100_000);
  }

  @Test
  void workersPickAndReportWhileTheControlLoopChangesEverything() throws InterruptedException {
    var busy = new Fixture(2);
    busy.type = LoadBalancerType.PEAK_EWMA;
    busy.endpoints("a", "b", "c");
    Cluster cluster = busy.cluster();
    var workers = new ArrayList<Thread>();
    var errors = new ConcurrentLinkedQueue<Throwable>();
    for (int i = 0; i < 2; i++) {
      int worker = i;
      workers.add(
          Thread.ofPlatform()
              .uncaughtExceptionHandler((thread, error) -> errors.add(error))
              .start(() -> work(cluster, worker)));
    }
    boolean working = true;
    for (int round = 0; working; round++) {
      busy.endpoints(round % 2 == 0 ? new String[] {"a", "b"} : new String[] {"b", "c", "d"});
      busy.pass(SECOND);
      working = workers.stream().anyMatch(Thread::isAlive);
    }
    for (Thread worker : workers) {
      worker.join();
    }
    assertThat(errors).isEmpty();
    assertThat(cluster.total(Stat.RQ_TOTAL)).isEqualTo(200_000);
    assertThat(cluster.total(Stat.RQ_SUCCESS) + cluster.total(Stat.CX_CONNECT_FAIL))
        .isEqualTo(200_000);
    assertThat(cluster.endpoints()).allSatisfy(e -> assertThat(e.inflight()).isZero());
    assertThat(cluster.connections().used()).isZero();
  }

  private static void work(Cluster cluster, int worker) {
    var tried = new Tried();
    for (int i = 0; i < 100_000; i++) {
      long now = i * MILLI;
      EndpointTracker picked =
          Objects.requireNonNull(cluster.picker().pick(worker, now, tried, true));
      boolean connected = cluster.connections().tryAcquire();
      picked.onAttempt(worker);
      if (i % 8 < 4 && picked.id().equals("b")) {
        picked.onConnectFailure(worker, now);
      } else {
        picked.onResponse(worker, 200, MILLI, now);
      }
      picked.onAttemptEnd(worker);
      if (connected) {
        cluster.connections().release();
      }
      tried.reset();
    }
  }

  private void attempts(Tried tried, int count) {
    Picker picker = mesh.cluster().picker();
    for (int i = 0; i < count; i++) {
      EndpointTracker picked = picker.pick(0, mesh.now, tried, true);
      if (picked != null) {
        picked.onAttempt(0);
        picked.onResponse(0, 200, MILLI, mesh.now);
        picked.onAttemptEnd(0);
      }
      tried.reset();
    }
  }

  private void pass(String id) {
    mesh.cluster().onCheck(mesh.tracker(id), true, "", mesh.now);
  }

  private void fail(String id) {
    mesh.cluster().onCheck(mesh.tracker(id), false, "status 500", mesh.now);
  }
}
