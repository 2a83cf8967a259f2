package dev.weft.testkit.history;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One call of a client and how it ended. Times are those of one monotonic clock, in ns. */
public sealed interface Event {
  long invokedNanos();

  long completedNanos();

  /** Where the store's history stood: revisions begin anew when it is set back. */
  record Moment(int era, long revision) implements Comparable<Moment> {
    @Override
    public int compareTo(Moment other) {
      return era == other.era
          ? Long.compare(revision, other.revision)
          : Integer.compare(era, other.era);
    }

    @Override
    public String toString() {
      return revision + (era == 0 ? "" : " of era " + era);
    }
  }

  /**
   * A write of one key.
   *
   * @param value what was written, another one each time; null: the key was deleted
   * @param at the revision that was answered; null: no answer came, it may have happened or may yet
   */
  record Write(
      String key,
      @Nullable String value,
      @Nullable Moment at,
      long invokedNanos,
      long completedNanos)
      implements Event {}

  /**
   * A read of all keys.
   *
   * @param session reads of one session follow each other
   * @param recent whether it is promised to see every write that was acknowledged before it began
   * @param state the value of every key that is there
   */
  record Read(
      String session,
      boolean recent,
      Moment at,
      Map<String, String> state,
      long invokedNanos,
      long completedNanos)
      implements Event {
    public Read {
      state = Map.copyOf(state);
    }
  }
}
