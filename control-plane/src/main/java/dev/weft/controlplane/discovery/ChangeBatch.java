package dev.weft.controlplane.discovery;

import dev.weft.controlplane.discovery.loop.EngineLoop;
import dev.weft.controlplane.registry.RegistryChange;
import java.util.ArrayList;
import java.util.List;

/**
 * Decides when changes are compiled: the first of a burst at once, the rest together when the burst
 * pauses, yet none later than a bound; and sooner when somebody waits for one. Owned by the engine
 * thread.
 */
final class ChangeBatch {
  private final EngineLoop loop;
  private final Target target;
  private final long quietNanos;
  private final long maxBatchNanos;
  private final long awaitedGapNanos;
  private final List<RegistryChange> waiting = new ArrayList<>();

  private boolean burst;
  private long firstWaitingNanos;
  private long lastActivityNanos;
  private long lastAppliedNanos;
  private long appliedRevision;
  private long awaitedRevision;
  private boolean armed;
  private long armedForNanos;

  ChangeBatch(EngineLoop loop, DiscoveryOptions options, Target target) {
    this.loop = loop;
    this.target = target;
    this.quietNanos = options.quiet().toNanos();
    this.maxBatchNanos = options.maxBatch().toNanos();
    this.awaitedGapNanos = options.awaitedGap().toNanos();
  }

  /** Who compiles. */
  interface Target {
    /**
     * @param change all that waited, as one
     * @param sinceNanos when the oldest of it came
     */
    void apply(RegistryChange change, long sinceNanos);
  }

  /** Takes the next change, which came at that time. */
  void add(RegistryChange change, long atNanos) {
    if (waiting.isEmpty() && (!burst || change.isEmpty())) {
      waiting.add(change);
      firstWaitingNanos = atNanos;
      apply(!change.isEmpty());
      return;
    }
    if (waiting.isEmpty()) {
      firstWaitingNanos = atNanos;
    }
    waiting.add(change);
    if (!change.isEmpty()) {
      lastActivityNanos = atNanos;
    }
    arm();
  }

  /** Somebody waits for that revision. */
  void hurry(long revision) {
    if (revision > appliedRevision) {
      awaitedRevision = Math.max(awaitedRevision, revision);
      if (!waiting.isEmpty()) {
        arm();
      }
    }
  }

  private void apply(boolean opensBurst) {
    RegistryChange all = merged(0, waiting.size());
    waiting.clear();
    appliedRevision = all.view().revision();
    if (opensBurst) {
      burst = true;
      lastAppliedNanos = loop.nanoTime();
      lastActivityNanos = lastAppliedNanos;
      arm();
    }
    target.apply(all, firstWaitingNanos);
  }

  /** Halves, so that many small changes are not copied over and over. */
  private RegistryChange merged(int from, int to) {
    if (to - from == 1) {
      return waiting.get(from);
    }
    int middle = (from + to) >>> 1;
    return merged(from, middle).then(merged(middle, to));
  }

  private long dueNanos() {
    long due = lastActivityNanos + quietNanos;
    if (!waiting.isEmpty()) {
      due = Math.min(due, firstWaitingNanos + maxBatchNanos);
      if (awaitedRevision > appliedRevision) {
        due = Math.min(due, lastAppliedNanos + awaitedGapNanos);
      }
    }
    return due;
  }

  private void arm() {
    long due = dueNanos();
    if (!armed || due < armedForNanos) {
      armed = true;
      armedForNanos = due;
      loop.schedule(Math.max(0, due - loop.nanoTime()), this::tick);
    }
  }

  private void tick() {
    long now = loop.nanoTime();
    if (armed && now >= armedForNanos) {
      armed = false;
    }
    if (now < dueNanos()) {
      arm();
    } else if (waiting.isEmpty()) {
      burst = false;
    } else {
      apply(true);
    }
  }
}
