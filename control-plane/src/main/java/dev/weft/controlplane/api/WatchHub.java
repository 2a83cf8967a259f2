package dev.weft.controlplane.api;

import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryChange;
import dev.weft.controlplane.registry.RegistryListener;
import dev.weft.controlplane.registry.RegistryView;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hands the registry's changes to everybody who watches, and keeps the newest so that a watcher who
 * was away for a while misses none. Called on the registry thread and on gRPC's.
 */
final class WatchHub implements RegistryListener {
  /** Changes that are kept; views share what is equal, so that one costs little. */
  private static final int KEPT = 4096;

  // Guarded by this.
  private final Set<InstanceWatcher> watchers = new LinkedHashSet<>();
  private final Deque<RegistryChange> kept = new ArrayDeque<>();
  private @Nullable RegistryView current;
  private long keptFrom;

  WatchHub(Registry registry) {
    registry.addListener(this);
  }

  @Override
  public synchronized void onChange(RegistryChange change) {
    String before = current == null ? "" : current.storeId();
    current = change.view();
    if (before.isEmpty()) {
      keptFrom = change.view().revision();
      return;
    }
    if (!before.equals(change.view().storeId())) {
      kept.clear();
      keptFrom = change.view().revision();
      List<InstanceWatcher> all = new ArrayList<>(watchers);
      watchers.clear();
      all.forEach(
          watcher ->
              watcher.close(
                  Status.OUT_OF_RANGE.withDescription(
                      "the store is another one now, its revisions have begun anew: list, then"
                          + " watch from the list's revision")));
      return;
    }
    if (change.workloads().isEmpty() && change.services().isEmpty()) {
      return;
    }
    kept.addLast(change);
    if (kept.size() > KEPT) {
      keptFrom = kept.removeFirst().view().revision();
    }
    watchers.forEach(watcher -> watcher.apply(change));
  }

  /**
   * Starts a watcher.
   *
   * @return false if what it asks for is older than what is kept
   */
  synchronized boolean subscribe(InstanceWatcher watcher, long fromRevision) {
    RegistryView view = current;
    if (view == null) {
      watcher.close(
          Status.UNAVAILABLE.withDescription("the control plane has not read its store yet"));
      return true;
    }
    if (fromRevision == 0) {
      watcher.startWith(view);
    } else {
      if (fromRevision < keptFrom) {
        return false;
      }
      watcher.startAfter(fromRevision, baseOf(view, fromRevision));
      for (RegistryChange change : kept) {
        watcher.apply(change);
      }
    }
    watchers.add(watcher);
    return true;
  }

  synchronized void unsubscribe(InstanceWatcher watcher) {
    watchers.remove(watcher);
  }

  synchronized int count() {
    return watchers.size();
  }

  /** The newest kept view that is not newer than the revision. */
  private RegistryView baseOf(RegistryView view, long revision) {
    for (RegistryChange change : kept) {
      if (change.view().revision() > revision) {
        return change.previous();
      }
    }
    return view;
  }
}
