package dev.weft.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.testkit.EtcdCluster;
import dev.weft.testkit.TcpRelay;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * An etcd of three members that are killed, paused, without a majority, compacted, emptied or set
 * back, under real requests, writes and reads of documents, and instances that come and go. After
 * each: no request failed, the store, the registry and every sidecar are equal, no acknowledged
 * write is lost and no read was stale that must not be.
 */
abstract class StoreOutages {
  private static final Duration PATIENCE = MeshUnderLoad.PATIENCE;

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  EtcdCluster etcd;
  private List<TcpRelay> relays;
  MeshUnderLoad mesh;

  /** Three members. */
  abstract EtcdCluster startEtcd();

  @BeforeEach
  void start() throws IOException {
    etcd = startEtcd();
    opened.push(etcd);
    relays = new ArrayList<>();
    for (int i = 0; i < etcd.size(); i++) {
      TcpRelay relay = new TcpRelay(new InetSocketAddress(etcd.host(i), etcd.port(i)));
      relays.add(relay);
      opened.push(relay);
    }
    String throughRelays =
        relays.stream()
            .map(relay -> "http://127.0.0.1:" + relay.port())
            .collect(Collectors.joining(","));
    mesh = new MeshUnderLoad(throughRelays, etcd.endpoints());
    opened.push(mesh);
  }

  @AfterEach
  void stop() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  final void killTheLeader(int times) {
    for (int i = 0; i < times; i++) {
      int leader = etcd.leader();
      etcd.kill(leader);
      mesh.getsOn();
      etcd.startAgain(leader);
    }
    mesh.getsOn();
    mesh.isWhole();
  }

  @Test
  void membersArePausedTheLeaderToo() {
    int leader = etcd.leader();
    for (int member : List.of(leader, (leader + 1) % 3)) {
      etcd.pause(member);
      mesh.requestsGoOnFor(MeshUnderLoad.TTL);
      etcd.resume(member);
      mesh.getsOn();
    }
    mesh.isWhole();
  }

  @Test
  void theMajorityIsLostForLongerThanTheTtl() {
    loseTheMajority(MeshUnderLoad.TTL.multipliedBy(3));
  }

  final void loseTheMajority(Duration time) {
    etcd.kill(0);
    etcd.kill(1);
    mesh.requestsGoOnFor(time);
    etcd.startAll();
    mesh.getsOn();
    mesh.isWhole();
  }

  @Test
  void historyIsCompactedWhileTheWatchOfAReplicaIsAway() {
    relays.forEach(TcpRelay::cut);
    mesh.requestsGoOnFor(MeshUnderLoad.TTL);
    etcd.compact(etcd.revision());
    relays.forEach(TcpRelay::mend);
    mesh.getsOn();
    mesh.isWhole();
  }

  @Test
  void aSnapshotOfBeforeIsRestoredAndWhatWasWrittenSinceIsWrittenBack() throws IOException {
    // One that leaves after the snapshot comes back with it, until the reaper sees that it is gone.
    mesh.instancesStay();
    etcd.saveSnapshot();
    mesh.writeOnce("late");
    mesh.getsOn();
    // What is acknowledged in the last moment may have reached one replica only, and what is
    // written before each has read the restored store may look older there than what it replaces:
    // of neither is promised that it is kept.
    mesh.writesMayBeLost();

    etcd.restoreSnapshot();

    await().atMost(PATIENCE).until(mesh::everyReplicaWithholds);
    mesh.writesAreKeptAgain();
    mesh.requestsGoOnFor(MeshUnderLoad.TTL.multipliedBy(2));
    restore();
    mesh.isWhole();
  }

  @Test
  void everythingIsDeletedByMistake() throws IOException {
    // One that leaves while its key is lost anyway comes back, until the reaper sees that it is
    // gone.
    mesh.instancesStay();
    mesh.writeOnce("late");
    // Until it is written anew the store shows what was lost; the control planes do not.
    mesh.storeIsNotRead();
    // "/weft/" to "/weft0": what etcdctl del --prefix /weft/ sends.
    etcd.call(
        etcd.leader(), "/v3/kv/deleterange", "{\"key\":\"L3dlZnQv\",\"range_end\":\"L3dlZnQw\"}");

    await().atMost(PATIENCE).until(mesh::everyReplicaWithholds);
    mesh.requestsGoOnFor(MeshUnderLoad.TTL.multipliedBy(3));
    restore();
    mesh.isWhole();
    // All have been heard all the while, their sessions are stored anew.
    assertThat(mesh.reaped()).isZero();
  }

  private void restore() throws IOException {
    try (Cli cli = new Cli()) {
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  cli.bare("registry", "restore", "--control-plane", "127.0.0.1:" + mesh.portOfB())
                          == 0
                      && mesh.withheld() == 0);
    }
    assertThat(mesh.withheld()).isZero();
  }
}
