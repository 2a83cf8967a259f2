package dev.weft.sidecar.cluster;

import java.util.EnumMap;
import java.util.Map;

/** A cluster's totals, which outlive its endpoints: one set per writing thread. */
final class ClusterCounters {
  private final Counters[] workers;
  private final Counters control = new Counters();

  ClusterCounters(int workers) {
    this.workers = new Counters[workers];
    for (int i = 0; i < workers; i++) {
      this.workers[i] = new Counters();
    }
  }

  Counters worker(int index) {
    return workers[index];
  }

  Counters control() {
    return control;
  }

  long total(Stat stat) {
    long sum = control.read(stat);
    for (Counters counters : workers) {
      sum += counters.read(stat);
    }
    return sum;
  }

  Map<Stat, Long> totals() {
    var totals = new EnumMap<Stat, Long>(Stat.class);
    for (Stat stat : Stat.values()) {
      totals.put(stat, total(stat));
    }
    return totals;
  }
}
