package dev.weft.controlplane.discovery.pace;

import dev.weft.controlplane.limit.Allowance;
import dev.weft.controlplane.limit.PeerLimit;

/**
 * How quickly one sidecar reads and answers, and how often it refuses. A sidecar that does not read
 * owes no answer yet: that time begins when it has. Owned by the engine thread.
 */
public final class StreamPace {
  /** Refusals that come back each second: one in five. */
  private static final double REFUSALS_PER_SECOND = 0.2;

  private final Allowance refusals;
  private boolean begun;
  private boolean unanswered;
  private boolean unread;
  private int bytes;
  private boolean named;

  /** Since when it could have said who it is, or answered. */
  private long silentSinceNanos;

  private long unreadSinceNanos;
  private long sendNotBeforeNanos;

  /** Of a stream that was opened just now. */
  public StreamPace(long nowNanos) {
    refusals = new Allowance(PeerLimit.REFUSALS.value(), REFUSALS_PER_SECOND, nowNanos);
    silentSinceNanos = nowNanos;
    sendNotBeforeNanos = nowNanos;
  }

  /** It has said who it is. */
  public void begun() {
    begun = true;
  }

  /**
   * A response was handed to the transport.
   *
   * @param ready whether that takes more
   */
  public void sent(int size, boolean ready, long nowNanos) {
    unanswered = true;
    named = false;
    bytes = size;
    silentSinceNanos = nowNanos;
    unread = !ready;
    unreadSinceNanos = nowNanos;
  }

  /** Whether the transport takes more now. */
  public void look(boolean ready, long nowNanos) {
    if (!unanswered || ready) {
      unread = false;
      return;
    }
    silentSinceNanos = nowNanos;
    if (!unread) {
      unread = true;
      unreadSinceNanos = nowNanos;
    }
  }

  /** What it says waits for its turn with us: it is not to blame for that time. */
  public void waitsForUs(long nowNanos) {
    silentSinceNanos = nowNanos;
  }

  /** Whether it was named as late since it was sent something for the last time. */
  public boolean named() {
    return named;
  }

  /** It has answered what it was sent. */
  public void answered() {
    unanswered = false;
    unread = false;
    bytes = 0;
  }

  /** Whether it is named as late for the first time since it was sent something. */
  public boolean namedNow() {
    boolean first = !named;
    named = true;
    return first;
  }

  /** It has refused what it was sent. Whoever does so again and again is sent the next later. */
  public void refused(long nowNanos) {
    if (!refusals.take(nowNanos)) {
      sendNotBeforeNanos = nowNanos + refusals.nanosUntilNext(nowNanos);
    }
  }

  /** When it may be sent something; not after now: at once. */
  public long sendNotBeforeNanos() {
    return sendNotBeforeNanos;
  }

  /** Bytes of a response that its transport has not taken. */
  public int unreadBytes() {
    return unread ? bytes : 0;
  }

  /** For how long it has not read; 0: it has. */
  public long unreadNanos(long nowNanos) {
    return unread ? Math.max(1, nowNanos - unreadSinceNanos) : 0;
  }

  /** For how long it could have said who it is, or answered, and has not; 0: nothing is open. */
  public long silentNanos(long nowNanos) {
    return (begun && !unanswered) || unread ? 0 : nowNanos - silentSinceNanos;
  }
}
