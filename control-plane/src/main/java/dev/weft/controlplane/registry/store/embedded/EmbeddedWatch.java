package dev.weft.controlplane.registry.store.embedded;

import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.registry.store.Watch;
import dev.weft.controlplane.registry.store.WatchBatch;
import dev.weft.controlplane.registry.store.WatchBatch.Change;
import dev.weft.controlplane.registry.store.WatchListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads rows of history at the pace of its listener, on a virtual thread of its own; it queues
 * nothing.
 */
final class EmbeddedWatch implements Watch, Runnable {
  private static final Logger LOG = System.getLogger(EmbeddedWatch.class.getName());
  private static final int ROWS_AT_ONCE = 1024;

  /** The first revision that is not yet told; guarded by {@link Watches}. */
  long next;

  private final Watches watches;
  private final State state;
  private final String prefix;
  private final WatchListener listener;

  EmbeddedWatch(Watches watches, State state, String prefix, WatchListener listener) {
    this.watches = watches;
    this.state = state;
    this.prefix = prefix;
    this.listener = listener;
  }

  @Override
  public void run() {
    long newest;
    while ((newest = watches.await(this)) > 0) {
      List<WatchBatch> batches = new ArrayList<>();
      long told = read(next, newest, batches);
      for (WatchBatch batch : batches) {
        tell(batch);
      }
      watches.read(this, told);
    }
  }

  /** Ends before it began. */
  void end(StoreException reason) {
    try {
      listener.onEnd(reason);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "a watch of " + prefix + " failed to handle its end", e);
    }
  }

  private long read(long from, long to, List<WatchBatch> batches) {
    List<Change> changes = new ArrayList<>();
    long[] at = {0, 0};
    state.scan(
        from,
        to,
        (key, row) -> {
          if (key.revision() != at[0]) {
            if (at[1] >= ROWS_AT_ONCE) {
              return false;
            }
            flush(at[0], changes, batches);
            at[0] = key.revision();
          }
          at[1]++;
          if (key.key().startsWith(prefix)) {
            changes.add(
                row.deleted() ? new Change.Delete(key.key()) : new Change.Put(row.entry(key)));
          }
          return true;
        });
    flush(at[0], changes, batches);
    return at[1] >= ROWS_AT_ONCE ? at[0] : to;
  }

  private static void flush(long revision, List<Change> changes, List<WatchBatch> batches) {
    if (!changes.isEmpty()) {
      batches.add(new WatchBatch(revision, changes));
      changes.clear();
    }
  }

  private void tell(WatchBatch batch) {
    if (!watches.contains(this)) {
      return;
    }
    try {
      listener.onBatch(batch);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "a watch of " + prefix + " failed to handle a change", e);
    }
  }

  @Override
  public void close() {
    watches.remove(this);
  }
}
