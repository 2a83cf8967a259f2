package dev.weft.sidecar.lb;

import java.util.Arrays;

/** Draws an index by weight in constant time (Vose's alias method). Immutable. */
final class AliasTable {
  private static final int[] NONE = {};

  private final int size;
  private final long total;

  /** Empty where all weigh the same. */
  private final int[] alias;

  private final long[] threshold;

  AliasTable(Candidates candidates) {
    this.size = candidates.size();
    this.total = candidates.totalWeight();
    if (candidates.equalWeights()) {
      this.alias = NONE;
      this.threshold = new long[0];
      return;
    }
    this.alias = new int[size];
    this.threshold = new long[size];
    // Scaled so that the mean is `total`: column i holds `threshold` of i, and of its alias the
    // rest.
    long[] left = new long[size];
    int[] small = new int[size];
    int[] large = new int[size];
    int smalls = 0;
    int larges = 0;
    for (int i = 0; i < size; i++) {
      left[i] = candidates.weight(i) * (long) size;
      if (left[i] < total) {
        small[smalls++] = i;
      } else {
        large[larges++] = i;
      }
    }
    Arrays.fill(threshold, total);
    while (smalls > 0 && larges > 0) {
      int less = small[--smalls];
      int more = large[larges - 1];
      threshold[less] = left[less];
      alias[less] = more;
      left[more] -= total - left[less];
      if (left[more] < total) {
        larges--;
        small[smalls++] = more;
      }
    }
  }

  /** Not of an empty one. */
  int draw(ClusterLoad cluster) {
    int column = (int) cluster.nextBelow(size);
    return alias.length == 0 || cluster.nextBelow(total) < threshold[column]
        ? column
        : alias[column];
  }
}
