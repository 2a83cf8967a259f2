package dev.weft.sidecar.app.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What memory allows. */
class MemoryPlanTest {
  @Test
  void memoryIsDerivedFromTheLimits() {
    MemoryPlan plan = MemoryPlan.of(64L << 20, 64L << 20, 0);

    assertThat(plan.maxConnections()).isEqualTo(4096);
    assertThat(plan.shedDirectBytes()).isBetween(54L << 20, 56L << 20);
    assertThat(MemoryPlan.of(8L << 20, 8L << 20, 0).maxConnections()).isEqualTo(512);
  }
}
