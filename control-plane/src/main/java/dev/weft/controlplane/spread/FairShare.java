package dev.weft.controlplane.spread;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * How many sidecars of this replica should go to another one. It lets some time pass first, in
 * which a replica that has gone is taken out of the count, and again after each time that it asks.
 * For one thread.
 */
public final class FairShare {
  /** So many more than the others have on average are no reason to move anybody: a tenth. */
  private static final int TOLERATED = 10;

  private final long settleNanos;
  private boolean tooMany;
  private long sinceNanos;

  /**
   * @param settle for how long there have to be too many, above 0
   */
  public FairShare(Duration settle) {
    settleNanos = settle.toNanos();
  }

  /**
   * To be asked again and again.
   *
   * @param own sidecars of this replica
   * @param others those of each other replica
   * @return how many are to go now; mostly 0
   */
  public int due(int own, Collection<Integer> others, long nanos) {
    int surplus = surplus(own, others);
    if (surplus == 0) {
      tooMany = false;
      return 0;
    }
    if (!tooMany) {
      tooMany = true;
      sinceNanos = nanos;
    }
    if (nanos - sinceNanos < settleNanos) {
      return 0;
    }
    tooMany = false;
    return surplus;
  }

  /** Which of the others have less than their share. */
  public static List<String> withRoom(int own, Map<String, Integer> others) {
    int share = share(own, others.values());
    return others.entrySet().stream()
        .filter(each -> each.getValue() < share)
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  static int surplus(int own, Collection<Integer> others) {
    int share = share(own, others);
    return own - share > share / TOLERATED ? own - share : 0;
  }

  private static int share(int own, Collection<Integer> others) {
    long all = own;
    for (int each : others) {
      all += each;
    }
    int replicas = others.size() + 1;
    return (int) ((all + replicas - 1) / replicas);
  }
}
