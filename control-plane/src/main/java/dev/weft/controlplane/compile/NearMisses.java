package dev.weft.controlplane.compile;

import dev.weft.controlplane.model.ObjectKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which known names look like one that is not known: by the number of letters that were typed
 * wrongly, left out, added or swapped. Pure.
 */
final class NearMisses {
  private static final int MOST = 5;
  private static final int FAR = Integer.MAX_VALUE;

  private NearMisses() {}

  /**
   * At most five, best first, then those of the caller's namespace, then by name.
   *
   * @param host as {@link Authority#host} gives it
   */
  static List<String> find(String host, String callerNamespace, Iterable<ObjectKey> services) {
    record Near(int distance, boolean foreign, String display) {}
    var near = new ArrayList<Near>();
    for (ObjectKey service : services) {
      int distance = distance(host, callerNamespace, service);
      if (distance != FAR) {
        boolean foreign = !service.namespace().equals(callerNamespace);
        String display = foreign ? service.name() + "." + service.namespace() : service.name();
        near.add(new Near(distance, foreign, display));
      }
    }
    near.sort(
        Comparator.comparingInt(Near::distance)
            .thenComparing(Near::foreign)
            .thenComparing(Near::display));
    return near.stream().limit(MOST).map(Near::display).toList();
  }

  /** Whether the service may be, or may have been, among the near misses of that host. */
  static boolean concerns(String host, String callerNamespace, ObjectKey service) {
    return distance(host, callerNamespace, service) != FAR;
  }

  private static int distance(String host, String callerNamespace, ObjectKey service) {
    int most = host.length() <= 3 ? 1 : host.length() <= 6 ? 2 : 3;
    int best = edits(host, service.name() + "." + service.namespace(), most);
    if (host.indexOf('.') < 0) {
      boolean foreign = !service.namespace().equals(callerNamespace);
      int bare = edits(host, service.name(), most);
      best = Math.min(best, foreign && bare != FAR ? bare + 1 : bare);
    }
    return best;
  }

  /** Optimal string alignment distance, or FAR when it is above {@code most}. */
  private static int edits(String a, String b, int most) {
    if (Math.abs(a.length() - b.length()) > most) {
      return FAR;
    }
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      int least = i;
      for (int j = 1; j <= b.length(); j++) {
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int edits = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          edits = Math.min(edits, beforeLast[j - 2] + 1);
        }
        row[j] = edits;
        least = Math.min(least, edits);
      }
      if (least > most) {
        return FAR;
      }
      int[] free = beforeLast;
      beforeLast = last;
      last = row;
      row = free;
    }
    return last[b.length()] <= most ? last[b.length()] : FAR;
  }
}
