package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class AllocationBenchTest {
  @Test
  void theYoungGenerationsGrowthBetweenCollectionsIsWhatWasAllocated() {
    List<String> log =
        List.of(
            "[10.000s] GC(7) DefNew: 3300K(3712K)->12K(3712K) Eden: 3300K(3328K)->0K(3328K)",
            "[10.000s] GC(7) Tenured: 4000K(8192K)->4000K(8192K)",
            "[11.000s] GC(8) DefNew: 3336K(3712K)->10K(3712K) Eden: 3328K(3328K)->0K(3328K)",
            "[12.000s] GC(9) DefNew: 3338K(3712K)->10K(3712K) Eden: 3328K(3328K)->0K(3328K)");

    assertThat(AllocationBench.allocatedPerSecond(log)).isEqualTo((3324 + 3328) * 1024 / 2.0);
  }

  @Test
  void oneCollectionSaysNothing() {
    assertThat(AllocationBench.allocatedPerSecond(List.of())).isZero();
  }
}
