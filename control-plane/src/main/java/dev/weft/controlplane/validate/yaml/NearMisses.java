package dev.weft.controlplane.validate.yaml;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Names that look like one that does not exist. Pure. */
public final class NearMisses {
  private NearMisses() {}

  /** Known names that look alike, the best first. */
  public static List<String> of(String name, Collection<String> known, int most) {
    String wanted = name.toLowerCase(Locale.ROOT);
    int furthest = Math.max(1, Math.min(4, wanted.length() / 3));
    record Candidate(String name, int distance) {}
    return known.stream()
        .distinct()
        .filter(candidate -> Math.abs(candidate.length() - wanted.length()) <= furthest)
        .map(
            candidate ->
                new Candidate(candidate, distance(wanted, candidate.toLowerCase(Locale.ROOT))))
        .filter(candidate -> candidate.distance <= furthest)
        .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
        .limit(most)
        .map(Candidate::name)
        .toList();
  }

  /** The best one, or null. */
  public static @Nullable String best(String name, Collection<String> known) {
    List<String> all = of(name, known, 1);
    return all.isEmpty() ? null : all.getFirst();
  }

  /** {@code ; did you mean "x"?}, or nothing. */
  public static String hint(String name, Collection<String> known) {
    String best = best(name, known);
    return best == null ? "" : "; did you mean \"" + best + "\"?";
  }

  /** Edits, with neighbours that changed places as one. */
  private static int distance(String a, String b) {
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replace, Math.min(last[j], row[j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
      }
      int[] free = beforeLast;
      beforeLast = last;
      last = row;
      row = free;
    }
    return last[b.length()];
  }
}
