package dev.weft.sidecar.app.intercept;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** TCP ports as a person writes them, {@code 22,8000-8010}. Immutable. */
record PortRanges(List<Range> ranges) {
  private static final int MAX_PORT = 65535;

  /** Both ends included. */
  record Range(int first, int last) {
    String text(String between) {
      return first == last ? Integer.toString(first) : first + between + last;
    }
  }

  PortRanges {
    ranges = List.copyOf(ranges);
  }

  /**
   * Reads them; what overlaps or touches becomes one range, since nft refuses overlaps.
   *
   * @throws IllegalArgumentException naming the flag and what was expected
   */
  static PortRanges parse(String flag, List<String> texts) {
    var all = new ArrayList<Range>();
    for (String text : texts) {
      int dash = text.indexOf('-');
      int first = port(flag, text, dash < 0 ? text : text.substring(0, dash));
      int last = dash < 0 ? first : port(flag, text, text.substring(dash + 1));
      if (last < first) {
        throw wrong(flag, text);
      }
      all.add(new Range(first, last));
    }
    return new PortRanges(merged(all));
  }

  boolean isEmpty() {
    return ranges.isEmpty();
  }

  private static List<Range> merged(List<Range> all) {
    all.sort(Comparator.comparingInt(Range::first));
    var merged = new ArrayList<Range>();
    for (Range next : all) {
      Range before = merged.isEmpty() ? null : merged.getLast();
      if (before != null && next.first() <= before.last() + 1) {
        merged.removeLast();
        merged.add(new Range(before.first(), Math.max(before.last(), next.last())));
      } else {
        merged.add(next);
      }
    }
    return merged;
  }

  private static int port(String flag, String whole, String digits) {
    try {
      int port = Integer.parseInt(digits.strip());
      if (port >= 1 && port <= MAX_PORT) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Said below, the same as for a number out of range.
    }
    throw wrong(flag, whole);
  }

  private static IllegalArgumentException wrong(String flag, String text) {
    return new IllegalArgumentException(
        "--" + flag + " has \"" + text + "\": expected ports, 1 to 65535, as in 22,8000-8010");
  }
}
