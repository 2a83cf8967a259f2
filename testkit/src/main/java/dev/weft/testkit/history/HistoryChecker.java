package dev.weft.testkit.history;

import dev.weft.testkit.history.Event.Moment;
import dev.weft.testkit.history.Event.Read;
import dev.weft.testkit.history.Event.Write;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Looks in a history for what the contract forbids:
 *
 * <ul>
 *   <li>A lost write: a read at or after the revision of an acknowledged write shows what was there
 *       before it.
 *   <li>A stale read: one that is promised to be recent shows a revision before that of a write
 *       which was acknowledged when it began.
 *   <li>A session that goes back: a read at an earlier revision than the one before it.
 *   <li>A word from nowhere: a value that nobody wrote, or not yet.
 *   <li>Two histories: a write that began after another was acknowledged has an earlier revision;
 *       two writes of a key, or two reads that differ, have the same.
 * </ul>
 *
 * <p>A write whose outcome is unknown may have happened at any time from its beginning, or never.
 * Stateless.
 */
public final class HistoryChecker {
  private HistoryChecker() {}

  /** Every violation, in sentences. */
  public static List<String> check(List<Event> events) {
    List<Write> writes = new ArrayList<>();
    List<Read> reads = new ArrayList<>();
    for (Event event : events) {
      switch (event) {
        case Write write -> writes.add(write);
        case Read read -> reads.add(read);
      }
    }
    List<String> found = new ArrayList<>();
    orderOfWrites(writes, found);
    sessions(reads, found);
    recency(writes, reads, found);
    contents(writes, reads, found);
    return found;
  }

  /** Writes that follow each other in time do so in revisions. */
  private static void orderOfWrites(List<Write> writes, List<String> found) {
    List<Write> acknowledged = writes.stream().filter(write -> write.at() != null).toList();
    Acknowledged before = new Acknowledged(acknowledged);
    for (Write write : acknowledged) {
      Write earlier = before.newestAt(write.invokedNanos());
      if (earlier != null && at(earlier).compareTo(at(write)) >= 0) {
        found.add(
            "two histories: "
                + named(write)
                + " began after "
                + named(earlier)
                + " was acknowledged");
      }
    }
    Map<String, Write> byRevision = new HashMap<>();
    for (Write write : acknowledged) {
      Write same = byRevision.put(write.key() + '@' + at(write), write);
      if (same != null) {
        found.add("two histories: " + named(same) + " and " + named(write));
      }
    }
  }

  private static void sessions(List<Read> reads, List<String> found) {
    Map<String, Read> last = new HashMap<>();
    for (Read read : inOrder(reads)) {
      Read before = last.put(read.session(), read);
      if (before != null && before.at().compareTo(read.at()) > 0) {
        found.add(
            "a session that goes back: "
                + read.session()
                + " read revision "
                + before.at()
                + ", then "
                + read.at());
      }
    }
  }

  private static void recency(List<Write> writes, List<Read> reads, List<String> found) {
    Acknowledged acknowledged =
        new Acknowledged(writes.stream().filter(write -> write.at() != null).toList());
    for (Read read : reads) {
      Write newest = read.recent() ? acknowledged.newestAt(read.invokedNanos()) : null;
      if (newest != null && at(newest).compareTo(read.at()) > 0) {
        found.add(
            "a stale read: "
                + named(read)
                + " began when "
                + named(newest)
                + " had been acknowledged");
      }
    }
  }

  /** Every read shows what was last written at its revision. */
  private static void contents(List<Write> writes, List<Read> reads, List<String> found) {
    Map<String, NavigableMap<Moment, Write>> acknowledged = new HashMap<>();
    Map<String, Write> unknown = new HashMap<>();
    TreeSet<String> keys = new TreeSet<>();
    for (Write write : writes) {
      keys.add(write.key());
      if (write.at() == null) {
        unknown.putIfAbsent(write.key() + '=' + write.value(), write);
      } else {
        acknowledged.computeIfAbsent(write.key(), key -> new TreeMap<>()).put(write.at(), write);
      }
    }
    reads.forEach(read -> keys.addAll(read.state().keySet()));
    Map<String, String> shown = new HashMap<>();
    for (Read read : reads) {
      for (String key : keys) {
        String value = read.state().get(key);
        Map.Entry<Moment, Write> last =
            acknowledged.getOrDefault(key, new TreeMap<>()).floorEntry(read.at());
        String expected = last == null ? null : last.getValue().value();
        Write perhaps = unknown.get(key + '=' + value);
        if (!Objects.equals(value, expected)
            && (perhaps == null || perhaps.invokedNanos() > read.completedNanos())) {
          found.add(wrong(read, key, value, last == null ? null : last.getValue(), acknowledged));
        }
        String place = key + '@' + read.at();
        String text = String.valueOf(value);
        String other = shown.putIfAbsent(place, text);
        if (other != null && !other.equals(text)) {
          found.add("two histories: " + place + " was read as " + other + " and as " + text);
        }
      }
    }
  }

  private static String wrong(
      Read read,
      String key,
      @Nullable String value,
      @Nullable Write expected,
      Map<String, NavigableMap<Moment, Write>> acknowledged) {
    boolean known =
        value == null
            || acknowledged.getOrDefault(key, new TreeMap<>()).values().stream()
                .anyMatch(write -> value.equals(write.value()));
    String shows = named(read) + " shows " + key + "=" + value;
    return known && expected != null
        ? "a lost write: " + shows + ", after " + named(expected)
        : "a word from nowhere: " + shows;
  }

  private static List<Read> inOrder(List<Read> reads) {
    return reads.stream().sorted(Comparator.comparingLong(Read::invokedNanos)).toList();
  }

  private static Moment at(Write acknowledged) {
    return Objects.requireNonNull(acknowledged.at());
  }

  private static String named(Write write) {
    return "the write " + write.key() + "=" + write.value() + " at revision " + write.at();
  }

  private static String named(Read read) {
    return "the read of " + read.session() + " at revision " + read.at();
  }

  /** Answers which write was the newest among those acknowledged at a time. */
  private static final class Acknowledged {
    private final TreeMap<Long, Write> newest = new TreeMap<>();

    Acknowledged(List<Write> acknowledged) {
      Write last = null;
      for (Write write :
          acknowledged.stream().sorted(Comparator.comparingLong(Write::completedNanos)).toList()) {
        if (last == null || at(last).compareTo(at(write)) < 0) {
          last = write;
        }
        newest.put(write.completedNanos(), last);
      }
    }

    @Nullable Write newestAt(long nanos) {
      Map.Entry<Long, Write> found = newest.lowerEntry(nanos);
      return found == null ? null : found.getValue();
    }
  }
}
