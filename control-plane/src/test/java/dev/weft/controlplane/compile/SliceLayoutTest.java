package dev.weft.controlplane.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.common.config.Locality;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadReadiness;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Slices are a function of the set, and a change of the set touches few of them. */
class SliceLayoutTest {
  @Test
  void upToAHundredAreOneSliceInTheOrderOfTheirIds() {
    assertThat(SliceLayout.of(List.of())).isEqualTo(Map.of(1L, List.of()));
    SortedMap<Long, List<Workload>> slices = SliceLayout.of(workloads(100));

    assertThat(slices).containsOnlyKeys(1L);
    assertThat(slices.get(1L)).extracting(Workload::id).isSorted().hasSize(100);
  }

  @Test
  void theOrderInWhichTheyCameDoesNotMatter() {
    var shuffled = new ArrayList<>(workloads(5_000));
    Collections.shuffle(shuffled, new Random(3));

    assertThat(SliceLayout.of(shuffled)).isEqualTo(SliceLayout.of(workloads(5_000)));
  }

  @Test
  void noSliceIsLargerThanAHundredAndNothingIsLost() {
    SortedMap<Long, List<Workload>> slices = SliceLayout.of(workloads(5_000));

    assertThat(slices.values())
        .allSatisfy(slice -> assertThat(slice).hasSizeLessThanOrEqualTo(100));
    assertThat(slices.values().stream().mapToInt(List::size).sum()).isEqualTo(5_000);
    assertThat(slices).hasSizeLessThan(150);
  }

  @Test
  void oneMoreTouchesOneSliceUnlessItOverflows() {
    List<Workload> many = workloads(3_000);
    SortedMap<Long, List<Workload>> before = SliceLayout.of(many.subList(0, 2_000));
    int divided = 0;
    for (int i = 2_001; i <= 3_000; i++) {
      SortedMap<Long, List<Workload>> after = SliceLayout.of(many.subList(0, i));
      long different =
          after.entrySet().stream()
              .filter(slice -> !slice.getValue().equals(before.get(slice.getKey())))
              .count();
      if (after.size() == before.size()) {
        assertThat(different).isEqualTo(1);
      } else {
        divided++;
        assertThat(different).isEqualTo(2);
      }
      before.clear();
      before.putAll(after);
    }
    assertThat(divided).isLessThan(40);
  }

  private static List<Workload> workloads(int count) {
    return IntStream.range(0, count).mapToObj(SliceLayoutTest::workload).toList();
  }

  private static Workload workload(int number) {
    return new Workload(
        "catalog-" + number,
        "default",
        "catalog",
        "10.0.0.1",
        List.of(),
        Map.of(),
        Map.of(),
        Locality.UNKNOWN,
        100,
        true,
        "one",
        WorkloadReadiness.READY,
        "",
        "self",
        "",
        1,
        null);
  }
}
