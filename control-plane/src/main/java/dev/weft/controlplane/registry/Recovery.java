package dev.weft.controlplane.registry;

import dev.weft.controlplane.registry.loss.Loss;
import dev.weft.controlplane.registry.loss.LossGuard;
import dev.weft.controlplane.registry.loss.Trust;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.WatchBatch;
import dev.weft.controlplane.registry.store.WatchBatch.Change;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/**
 * Stands between the store and the view: withholds what is not believed, alarms, and does what an
 * operator says of it. Owned by the registry thread; {@link #loss} may be asked on any.
 */
final class Recovery {
  private static final System.Logger LOG = System.getLogger(Recovery.class.getName());

  private final Store store;
  private final LossGuard guard =
      new LossGuard(
          Keyspace.GUARDED,
          Keyspace.GUARDED_DOCUMENTS,
          Keyspace.REMOVED,
          System::nanoTime,
          System::currentTimeMillis);
  private volatile Loss loss = Loss.NONE;

  Recovery(Store store) {
    this.store = store;
  }

  Loss loss() {
    return loss;
  }

  /** What is in force after everything was read anew. */
  List<Entry> adopt(Range range, Trust trust) {
    List<Entry> entries = guard.adopt(range, trust);
    note();
    return entries;
  }

  /** What of a batch is to be applied. */
  List<Change> apply(WatchBatch batch) {
    List<Change> changes = new ArrayList<>(guard.apply(batch));
    for (Change change : batch.changes()) {
      if (change instanceof Change.Put(Entry entry) && entry.key().equals(Keyspace.RECOVERY_WORD)) {
        hear(RecoveryWord.parse(entry.value()), changes);
      }
    }
    note();
    return changes;
  }

  private void hear(RecoveryWord word, List<Change> changes) {
    if (guard.loss().isEmpty()) {
      return;
    }
    LOG.log(Level.WARNING, "{0} says: {1}", word.by(), word.kind().said(guard.loss()));
    switch (word.kind()) {
      case ACCEPT -> changes.addAll(guard.accept());
      case RESTORE -> RestoreWriter.write(store, guard.loss());
    }
  }

  private void note() {
    Loss now = guard.loss();
    if (loss.isEmpty() && !now.isEmpty()) {
      LOG.log(Level.ERROR, "ALARM: {0}", now.message());
    } else if (!loss.isEmpty() && now.isEmpty()) {
      LOG.log(Level.INFO, "nothing is withheld any more: the store holds what is in force");
    }
    loss = now;
  }
}
