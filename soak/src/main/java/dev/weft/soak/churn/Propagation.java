package dev.weft.soak.churn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.HdrHistogram.Histogram;

/**
 * How long it takes from the answer to a change (a registration, or an end) until subscribers of
 * every replica have it. One that came before the answer took no time. Thread-safe.
 */
public final class Propagation {
  private static final long LONGEST_MICROS = 60_000_000;
  private static final int THIRDS = 3;

  private final int replicas;
  private final Map<String, Change> open = new ConcurrentHashMap<>();

  // Guarded by itself.
  private final Histogram recent = new Histogram(LONGEST_MICROS, 3);
  private final Histogram all = new Histogram(LONGEST_MICROS, 3);
  private final List<Histogram> parts = new ArrayList<>();

  private static final class Change {
    private boolean answered;
    private long answeredAt;
    private final boolean[] seen;
    private final long[] seenAt;
    private int seenBy;

    Change(int replicas) {
      seen = new boolean[replicas];
      seenAt = new long[replicas];
    }
  }

  /**
   * @param replicas at how many a change has to be seen
   */
  public Propagation(int replicas) {
    this.replicas = replicas;
  }

  /** From now on this instance is followed. */
  public void expect(String id) {
    open.put(id, new Change(replicas));
  }

  /** It failed: it is not followed any more. */
  public void forget(String id) {
    open.remove(id);
  }

  /** The control plane has answered. */
  public void answered(String id, long nanos) {
    Change change = open.get(id);
    if (change == null) {
      return;
    }
    synchronized (change) {
      change.answered = true;
      change.answeredAt = nanos;
      settle(id, change);
    }
  }

  /** A subscriber of a replica has it. */
  public void seen(String id, int replica, long nanos) {
    Change change = open.get(id);
    if (change == null) {
      return;
    }
    synchronized (change) {
      if (!change.seen[replica]) {
        change.seen[replica] = true;
        change.seenAt[replica] = nanos;
        change.seenBy++;
        settle(id, change);
      }
    }
  }

  private void settle(String id, Change change) {
    if (!change.answered || change.seenBy < replicas) {
      return;
    }
    open.remove(id);
    synchronized (all) {
      for (long at : change.seenAt) {
        long micros = Math.clamp((at - change.answeredAt) / 1000, 0, LONGEST_MICROS);
        recent.recordValue(micros);
        all.recordValue(micros);
      }
    }
  }

  /** Which changes have been answered, and not been seen everywhere. */
  public Set<String> unseen() {
    Set<String> unseen = new TreeSet<>();
    open.forEach(
        (id, change) -> {
          synchronized (change) {
            if (change.answered) {
              unseen.add(id);
            }
          }
        });
    return unseen;
  }

  /** Ends a part of the run, of what was seen since the last one ended; in milliseconds. */
  public double endPart(double percentile) {
    synchronized (all) {
      parts.add(recent.copy());
      recent.reset();
      return millis(parts.getLast(), percentile);
    }
  }

  /**
   * In milliseconds, of each third of the parts that have ended, in the order of time, without the
   * first part: in that one everything is cold. Of fewer than three others together; empty when
   * there is no other.
   */
  public List<Double> laterMillis(double percentile) {
    synchronized (all) {
      int later = parts.size() - 1;
      if (later < 1) {
        return List.of();
      }
      int groups = later < THIRDS ? 1 : THIRDS;
      List<Double> millis = new ArrayList<>();
      for (int group = 0; group < groups; group++) {
        Histogram sum = new Histogram(LONGEST_MICROS, 3);
        parts
            .subList(1 + group * later / groups, 1 + (group + 1) * later / groups)
            .forEach(sum::add);
        millis.add(millis(sum, percentile));
      }
      return millis;
    }
  }

  private static double millis(Histogram histogram, double percentile) {
    return histogram.getValueAtPercentile(percentile) / 1000.0;
  }

  /** In milliseconds, of all. */
  public double millis(double percentile) {
    synchronized (all) {
      return millis(all, percentile);
    }
  }

  /** How often a replica's subscriber has seen a change. */
  public long count() {
    synchronized (all) {
      return all.getTotalCount();
    }
  }
}
