package dev.weft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class AllocationBenchTest {
  @Test
  void whatCollectionsTookOfTheYoungGenerationIsAddedUp() {
    List<String> log =
        List.of(
            "[10.000s] GC(7) DefNew: 3300K(3712K)->12K(3712K) Eden: 3300K(3328K)->0K(3328K)",
            "[10.000s] GC(7) Tenured: 4000K(8192K)->4000K(8192K)",
            "[11.000s] GC(8) DefNew: 3336K(3712K)->10K(3712K) Eden: 3328K(3328K)->0K(3328K)");

    assertThat(AllocationBench.collectedKilobytes(log)).isEqualTo(3288 + 3326);
    assertThat(AllocationBench.collectedKilobytes(List.of())).isZero();
  }
}
