package dev.weft.controlplane.inforce;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes of counts that move with every pod what is worth being said. A change of the document is
 * said when every sidecar has answered, or after a second, and then once a second until they have.
 * After that sidecars come and go: a count that stays complete is said at most every so often, and
 * one that is incomplete for a moment not at all.
 *
 * <p>Pure but for what it remembers; time is given. For one thread.
 */
public final class SteadyCounts {
  /** How long an answer to a change is waited for before it is said who has not given it. */
  public static final Duration PATIENCE = Duration.ofSeconds(1);

  /** Between two things that are said of one document while it gets in force. */
  static final Duration CONVERGING = Duration.ofSeconds(1);

  /**
   * How long a count has to be incomplete to be said, when the document was not changed: longer
   * than it takes to tell sidecars of what else was.
   */
  static final Duration LAGGING = Duration.ofSeconds(2);

  /** What is there at the beginning is what is seen so soon after it. */
  private static final Duration BEGINNING = Duration.ofSeconds(3);

  private final long quietNanos;
  private final long settlingNanos;
  private final Map<Document, State> states = new HashMap<>();
  private boolean begun;
  private long beganNanos;

  private static final class State {
    final boolean early;
    long changedAt;
    long sinceNanos;
    long saidNanos;
    long lagsSinceNanos;
    boolean fresh = true;
    boolean lags;
    @Nullable Standing said;

    State(long changedAt, long nanos, boolean early) {
      this.changedAt = changedAt;
      this.sinceNanos = nanos;
      this.early = early;
    }
  }

  /**
   * @param quiet between two counts of one document that are both complete
   * @param settling how long after the beginning nothing is said of what was there then: sidecars
   *     have yet to come
   */
  public SteadyCounts(Duration quiet, Duration settling) {
    quietNanos = quiet.toNanos();
    settlingNanos = settling.toNanos();
  }

  /**
   * What is to be said.
   *
   * @param changedAt the revision at which the document was changed last
   * @param now how it stands
   * @return null: nothing yet of its newest version
   */
  public @Nullable Standing say(Document document, long changedAt, Standing now, long nanos) {
    State state = states.get(document);
    if (state == null || (state.early && state.fresh && state.changedAt != changedAt)) {
      boolean early = state == null && begun && nanos - beganNanos < BEGINNING.toNanos();
      state = new State(changedAt, nanos, early);
      states.put(document, state);
    } else if (state.changedAt != changedAt) {
      if (!state.fresh) {
        state.fresh = true;
        state.sinceNanos = nanos;
      }
      // What changes faster than it is answered does not begin to be waited for anew.
      state.changedAt = changedAt;
    }
    if (state.fresh) {
      if (state.early && state.said == null && nanos - beganNanos < settlingNanos) {
        return null;
      }
      if (!now.settled() && nanos - state.sinceNanos < PATIENCE.toNanos()) {
        return null;
      }
      state.fresh = false;
      return said(state, now, nanos);
    }
    Standing before = state.said;
    if (before == null || now.equals(before)) {
      state.lags = false;
      return before;
    }
    return due(state, before, now, nanos) ? said(state, now, nanos) : before;
  }

  private boolean due(State state, Standing before, Standing now, long nanos) {
    long age = nanos - state.saidNanos;
    if (now.refused() != before.refused() || !before.settled()) {
      return age >= CONVERGING.toNanos();
    }
    if (now.settled()) {
      state.lags = false;
      // That it is needed at all is worth saying soon.
      return age >= (before.needed() == 0 ? CONVERGING.toNanos() : quietNanos);
    }
    if (!state.lags) {
      state.lags = true;
      state.lagsSinceNanos = nanos;
    }
    return nanos - state.lagsSinceNanos >= LAGGING.toNanos();
  }

  private static Standing said(State state, Standing now, long nanos) {
    state.said = now;
    state.saidNanos = nanos;
    state.lags = false;
    return now;
  }

  /** Whether a change waits to be answered, and is said within {@link #PATIENCE} in any case. */
  public boolean awaits(Document document) {
    State state = states.get(document);
    return state != null && state.fresh && !(state.early && state.said == null);
  }

  /** Forgets what is not among these. */
  public void retain(Set<Document> documents) {
    states.keySet().retainAll(documents);
  }

  /** Forgets all, and begins anew. */
  public void begin(long nanos) {
    states.clear();
    begun = true;
    beganNanos = nanos;
  }
}
