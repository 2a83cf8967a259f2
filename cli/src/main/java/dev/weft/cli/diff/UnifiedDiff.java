package dev.weft.cli.diff;

import java.util.ArrayList;
import java.util.List;

/**
 * What differs between two texts, in the unified format of POSIX {@code diff -u}: hunks with three
 * lines around each change. Pure.
 */
public final class UnifiedDiff {
  private static final int CONTEXT = 3;

  /** Beyond this, what lies between the first and the last difference counts as replaced. */
  private static final long MAX_CELLS = 16_000_000;

  private enum Side {
    BOTH(' '),
    BEFORE('-'),
    AFTER('+');

    final char mark;

    Side(char mark) {
      this.mark = mark;
    }
  }

  private record Line(Side side, String text) {}

  private UnifiedDiff() {}

  /** The hunks, each line ended; empty when the texts are the same. */
  public static String hunks(String before, String after) {
    List<Line> script = script(before.lines().toList(), after.lines().toList());
    StringBuilder out = new StringBuilder();
    int i = 0;
    while (i < script.size()) {
      if (script.get(i).side() == Side.BOTH) {
        i++;
        continue;
      }
      int from = Math.max(0, i - CONTEXT);
      int to = end(script, i);
      hunk(script, from, to, out);
      i = to;
    }
    return out.toString();
  }

  /** Where the hunk ends that has its first change there. */
  private static int end(List<Line> script, int firstChange) {
    int lastChange = firstChange;
    for (int i = firstChange; i < script.size() && i <= lastChange + 2 * CONTEXT; i++) {
      if (script.get(i).side() != Side.BOTH) {
        lastChange = i;
      }
    }
    return Math.min(script.size(), lastChange + CONTEXT + 1);
  }

  private static void hunk(List<Line> script, int from, int to, StringBuilder out) {
    out.append("@@ -")
        .append(range(script, from, to, Side.AFTER))
        .append(" +")
        .append(range(script, from, to, Side.BEFORE))
        .append(" @@\n");
    for (Line line : script.subList(from, to)) {
      out.append(line.side().mark).append(line.text()).append('\n');
    }
  }

  /** First line, counted from 1, and how many, of the side that does not have the other's lines. */
  private static String range(List<Line> script, int from, int to, Side other) {
    long skipped = script.subList(0, from).stream().filter(line -> line.side() != other).count();
    long count = script.subList(from, to).stream().filter(line -> line.side() != other).count();
    long first = count == 0 ? skipped : skipped + 1;
    return count == 1 ? Long.toString(first) : first + "," + count;
  }

  private static List<Line> script(List<String> before, List<String> after) {
    int head = 0;
    int most = Math.min(before.size(), after.size());
    while (head < most && before.get(head).equals(after.get(head))) {
      head++;
    }
    int tail = 0;
    while (tail < most - head
        && before.get(before.size() - 1 - tail).equals(after.get(after.size() - 1 - tail))) {
      tail++;
    }
    List<Line> script = new ArrayList<>();
    before.subList(0, head).forEach(text -> script.add(new Line(Side.BOTH, text)));
    middle(
        before.subList(head, before.size() - tail),
        after.subList(head, after.size() - tail),
        script);
    before
        .subList(before.size() - tail, before.size())
        .forEach(text -> script.add(new Line(Side.BOTH, text)));
    return script;
  }

  /** By the longest common subsequence: what is removed stands before what is added. */
  private static void middle(List<String> before, List<String> after, List<Line> into) {
    if ((long) before.size() * after.size() > MAX_CELLS) {
      before.forEach(text -> into.add(new Line(Side.BEFORE, text)));
      after.forEach(text -> into.add(new Line(Side.AFTER, text)));
      return;
    }
    int[][] common = new int[before.size() + 1][after.size() + 1];
    for (int i = before.size() - 1; i >= 0; i--) {
      for (int j = after.size() - 1; j >= 0; j--) {
        common[i][j] =
            before.get(i).equals(after.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    int i = 0;
    int j = 0;
    while (i < before.size() || j < after.size()) {
      if (i < before.size() && j < after.size() && before.get(i).equals(after.get(j))) {
        into.add(new Line(Side.BOTH, before.get(i)));
        i++;
        j++;
      } else if (j == after.size() || (i < before.size() && common[i + 1][j] >= common[i][j + 1])) {
        into.add(new Line(Side.BEFORE, before.get(i)));
        i++;
      } else {
        into.add(new Line(Side.AFTER, after.get(j)));
        j++;
      }
    }
  }
}
