package dev.weft.common.route;

import com.google.re2j.Pattern;
import dev.weft.common.config.MatchConfig.ValueMatch;
import dev.weft.common.head.HeadView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One condition on a header or a query parameter. The lines of a repeated header count as one
 * value, joined by commas (RFC 9110, 5.2). Of a repeated query parameter the first counts; names
 * and values are compared decoded, with '+' as a blank.
 */
final class ValueMatcher {
  private final byte[] name;
  private final byte[] value;
  private final @Nullable Pattern pattern;

  ValueMatcher(ValueMatch match) {
    this.name = match.name().getBytes(StandardCharsets.UTF_8);
    this.value = match.regex() ? new byte[0] : match.value().getBytes(StandardCharsets.UTF_8);
    this.pattern = match.regex() ? Pattern.compile(match.value()) : null;
  }

  boolean matchesHeader(HeadView head) {
    int line = head.find(name, 0);
    if (line == HeadView.NONE) {
      return false;
    }
    return pattern == null ? lineEquals(head, line) : pattern.matcher(joined(head, line)).matches();
  }

  /** Whether the lines of this name from {@code line} on, joined by commas, are the value. */
  private boolean lineEquals(HeadView head, int line) {
    ByteBuffer slab = head.slab();
    int matched = 0;
    int next = line;
    while (true) {
      for (int i = head.valueStart(next); i < head.valueEnd(next); i++) {
        if (matched == value.length || slab.get(i) != value[matched]) {
          return false;
        }
        matched++;
      }
      next = head.find(name, next + 1);
      if (next == HeadView.NONE) {
        return matched == value.length;
      }
      if (matched == value.length || value[matched] != ',') {
        return false;
      }
      matched++;
    }
  }

  private CharSequence joined(HeadView head, int line) {
    int next = head.find(name, line + 1);
    var first = new SlabText(head.slab(), head.valueStart(line), head.valueEnd(line));
    if (next == HeadView.NONE) {
      return first;
    }
    var all = new StringBuilder(first);
    for (; next != HeadView.NONE; next = head.find(name, next + 1)) {
      all.append(',').append(new SlabText(head.slab(), head.valueStart(next), head.valueEnd(next)));
    }
    return all;
  }

  boolean matchesQuery(HeadView head) {
    ByteBuffer slab = head.slab();
    int end = head.queryEnd();
    int start = head.queryStart();
    while (start < end) {
      int pairEnd = indexOf(slab, start, end, '&');
      int nameEnd = indexOf(slab, start, pairEnd, '=');
      if (PercentDecoding.equals(slab, start, nameEnd, name)) {
        int valueStart = Math.min(nameEnd + 1, pairEnd);
        return pattern == null
            ? PercentDecoding.equals(slab, valueStart, pairEnd, value)
            : pattern.matches(PercentDecoding.text(slab, valueStart, pairEnd));
      }
      start = pairEnd + 1;
    }
    return false;
  }

  private static int indexOf(ByteBuffer slab, int start, int end, char wanted) {
    int i = start;
    while (i < end && slab.get(i) != wanted) {
      i++;
    }
    return i;
  }
}
