package dev.weft.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.controlplane.limit.PeerLimit;
import dev.weft.controlplane.limit.PeerLimits;
import dev.weft.controlplane.limit.Trouble;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class StoreWatchesTest {
  private final PeerLimits limits =
      new PeerLimits(new SimpleMeterRegistry(), System::currentTimeMillis);

  @Test
  void soManyWatchAtATime() {
    var watches = new StoreWatches("policies", limits, 3);
    watches.enter(0);
    watches.enter(1);

    assertThatThrownBy(() -> watches.enter(1))
        .hasMessageStartingWith("RESOURCE_EXHAUSTED")
        .hasMessageContaining("3 watches of policies")
        .hasMessageContaining("limit watchers");
    assertThat(watches.count()).isEqualTo(2);
    assertThat(limits.recent()).extracting(Trouble::limit).containsExactly(PeerLimit.WATCHERS);
    watches.leave();
    watches.enter(1);
    assertThat(watches.count()).isEqualTo(2);
  }
}
