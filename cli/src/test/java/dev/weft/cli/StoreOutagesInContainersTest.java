package dev.weft.cli;

import dev.weft.testkit.DockerHere;
import dev.weft.testkit.EtcdCluster;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The outages with members in containers, which can be taken off the network, too. */
final class StoreOutagesInContainersTest extends StoreOutages {
  @BeforeAll
  static void dockerWorks() {
    DockerHere.require();
  }

  @Override
  EtcdCluster startEtcd() {
    return EtcdCluster.startInContainers(3);
  }

  @Test
  void theLeaderIsKilledTwentyTimes() {
    killTheLeader(20);
  }

  @Test
  void membersAreCutOffTheNetworkTheLeaderToo() {
    int leader = etcd.leader();
    for (int member : new int[] {leader, (leader + 1) % etcd.size()}) {
      etcd.cutOff(member);
      mesh.requestsGoOnFor(MeshUnderLoad.TTL);
      mesh.getsOn();
      etcd.connect(member);
      mesh.getsOn();
    }
    mesh.isWhole();
  }
}
