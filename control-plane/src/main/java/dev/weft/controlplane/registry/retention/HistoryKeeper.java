package dev.weft.controlplane.registry.retention;

import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.store.Store;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Bounds the store's history: what is both older than the retention and further back than the
 * revisions that are always kept is compacted away, by one replica. How old a revision is, it knows
 * from its own life only, so that after a start everything is kept for a while longer.
 *
 * <p>{@link #tick} is to be called every now and then, by one thread; never blocks.
 */
public final class HistoryKeeper {
  /** Revisions that are kept however old they are. */
  static final long ALWAYS_KEPT = 10_000;

  /** Marks per retention: how exactly ages are known. */
  private static final int MARKS = 24;

  private static final System.Logger LOG = System.getLogger(HistoryKeeper.class.getName());

  private final Store store;
  private final Registry registry;
  private final BooleanSupplier leading;
  private final LongSupplier nanoClock;
  private final long retentionNanos;

  // Owned by the thread that ticks.
  private final Deque<Mark> marks = new ArrayDeque<>();
  private String storeId = "";
  private long compacted;

  private record Mark(long nanos, long revision) {}

  /**
   * @param leading whether this replica is the one that compacts
   * @param nanoClock monotonic, as {@link System#nanoTime}
   */
  public HistoryKeeper(
      Store store,
      Registry registry,
      Duration retention,
      BooleanSupplier leading,
      LongSupplier nanoClock) {
    this.store = store;
    this.registry = registry;
    this.leading = leading;
    this.nanoClock = nanoClock;
    this.retentionNanos = retention.toNanos();
  }

  /** Notes where history is, and compacts what has become too old. */
  public void tick() {
    long now = nanoClock.getAsLong();
    RegistryView view = registry.current();
    if (!view.storeId().equals(storeId)) {
      // Another store counts from elsewhere.
      storeId = view.storeId();
      marks.clear();
      compacted = 0;
    }
    Mark last = marks.peekLast();
    if (last == null || now - last.nanos() >= retentionNanos / MARKS) {
      marks.addLast(new Mark(now, view.revision()));
    }
    long upTo = 0;
    while (!marks.isEmpty()
        && now - marks.getFirst().nanos() >= retentionNanos
        && marks.getFirst().revision() <= view.revision() - ALWAYS_KEPT) {
      upTo = marks.removeFirst().revision();
    }
    // More marks than a retention has would be those that the kept revisions hold back.
    while (marks.size() > 2 * MARKS) {
      marks.removeFirst();
    }
    if (upTo > compacted && leading.getAsBoolean() && registry.status().synced()) {
      long revision = upTo;
      compacted = upTo;
      store
          .compact(revision)
          .whenComplete(
              (done, failure) ->
                  LOG.log(
                      failure == null ? Level.INFO : Level.WARNING,
                      failure == null
                          ? "forgot history up to revision " + revision
                          : "could not forget history up to revision "
                              + revision
                              + ", the next time will: "
                              + failure));
    }
  }
}
