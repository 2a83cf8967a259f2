package dev.weft.cli;

import dev.weft.testkit.EtcdCluster;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The outages with members that are processes; in containers they run each time. */
@Tag("long")
final class StoreOutagesTest extends StoreOutages {
  @Override
  EtcdCluster startEtcd() {
    return EtcdCluster.start(3);
  }

  @Test
  void theLeaderIsKilledAgainAndAgain() {
    killTheLeader(4);
  }

  @Test
  void theMajorityIsLostForMinutes() {
    loseTheMajority(Duration.ofMinutes(3));
  }
}
