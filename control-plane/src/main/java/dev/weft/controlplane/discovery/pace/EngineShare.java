package dev.weft.controlplane.discovery.pace;

import dev.weft.controlplane.discovery.loop.EngineLoop;
import dev.weft.controlplane.limit.PeerLimit;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Shares out the time of the one thread that serves every sidecar. Whoever takes more than a
 * twentieth of it, after a quarter of a second's worth at once, waits in a slow lane, which gets a
 * quarter of the time at most. Where many together take more than half, each is allowed less, down
 * to half a percent. So nobody is refused, and nobody else waits for long. Whoever is in the lane
 * stays while others wait there. Owned by the engine thread.
 */
public final class EngineShare {
  private static final double NANOS = 1e9;
  private static final double AT_ONCE_SECONDS = 0.25;
  private static final double SHARE = PeerLimit.ENGINE_SHARE.value() / 100.0;
  private static final double BUSY = 0.5;
  private static final double LEAST = 0.1;

  /** The slow lane rests for so many times as long as its last request took: it has a quarter. */
  private static final int REST = 3;

  private final EngineLoop loop;
  private final Deque<Turn> lane = new ArrayDeque<>();
  private long notBeforeNanos;
  private boolean scheduled;

  /** Of what is allowed to each when there is time for all; {@link #LEAST} to 1. */
  private double allowed = 1;

  private long busyNanos;
  private long tickedNanos;

  /** What one sidecar has taken. */
  public static final class Account {
    private double secondsLeft = AT_ONCE_SECONDS;
    private long atNanos;
    private boolean slow;
    private boolean waits;
    private int detours;

    private Account(long nowNanos) {
      atNanos = nowNanos;
    }

    /** Whether a request of it waits in the slow lane. */
    public boolean waits() {
      return waits;
    }

    /** How many requests had to, since it took less than its share and nobody else waited. */
    public int detours() {
      return detours;
    }
  }

  private record Turn(Account account, Runnable request) {}

  public EngineShare(EngineLoop loop) {
    this.loop = loop;
    this.notBeforeNanos = loop.nanoTime();
    this.tickedNanos = notBeforeNanos;
  }

  /** Of a sidecar that comes. */
  public Account open() {
    return new Account(loop.nanoTime());
  }

  /** Looks how busy it all was since the last time; to be called each second or so. */
  public void tick() {
    long now = loop.nanoTime();
    boolean busy = busyNanos > (now - tickedNanos) * BUSY;
    allowed = busy ? Math.max(LEAST, allowed / 2) : Math.min(1, allowed * 2);
    busyNanos = 0;
    tickedNanos = now;
  }

  private void earn(Account account) {
    long now = loop.nanoTime();
    double earned = Math.max(0, now - account.atNanos) / NANOS * SHARE * allowed;
    account.secondsLeft = Math.min(AT_ONCE_SECONDS, account.secondsLeft + earned);
    account.atNanos = now;
  }

  /**
   * Serves a request of that sidecar, now or later.
   *
   * @return whether it is later
   */
  public boolean serve(Account account, Runnable request) {
    earn(account);
    if (account.slow && account.secondsLeft > AT_ONCE_SECONDS / 2 && lane.isEmpty()) {
      account.slow = false;
      account.detours = 0;
    }
    if (!account.slow && account.secondsLeft > 0) {
      run(account, request);
      return false;
    }
    account.slow = true;
    account.detours++;
    account.waits = true;
    lane.add(new Turn(account, request));
    schedule();
    return true;
  }

  /** Requests that wait in the slow lane. */
  public int waiting() {
    return lane.size();
  }

  private void schedule() {
    if (!scheduled && !lane.isEmpty()) {
      scheduled = true;
      loop.schedule(Math.max(0, notBeforeNanos - loop.nanoTime()), this::next);
    }
  }

  private void next() {
    scheduled = false;
    Turn turn = lane.poll();
    if (turn != null) {
      long begin = loop.nanoTime();
      turn.account().waits = false;
      try {
        run(turn.account(), turn.request());
      } finally {
        long end = loop.nanoTime();
        notBeforeNanos = end + REST * (end - begin);
        schedule();
      }
    }
  }

  private void run(Account account, Runnable request) {
    long begin = loop.nanoTime();
    try {
      request.run();
    } finally {
      long took = loop.nanoTime() - begin;
      busyNanos += took;
      account.secondsLeft = Math.max(-AT_ONCE_SECONDS, account.secondsLeft - took / NANOS);
    }
  }
}
