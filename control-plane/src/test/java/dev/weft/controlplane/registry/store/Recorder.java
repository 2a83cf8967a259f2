package dev.weft.controlplane.registry.store;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A watch listener that remembers, and keeps what the watched prefix must look like from what it
 * was told.
 */
public final class Recorder implements WatchListener {
  static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(5);

  private final List<WatchBatch> batches = new CopyOnWriteArrayList<>();
  private final TreeMap<String, Entry> held = new TreeMap<>();
  private volatile @Nullable StoreException end;
  private volatile int interruptions;
  private volatile int resumptions;

  /** A recorder that begins with what a range told. */
  public static Recorder from(Range range) {
    Recorder recorder = new Recorder();
    range.entries().forEach(entry -> recorder.held.put(entry.key(), entry));
    return recorder;
  }

  @Override
  public synchronized void onBatch(WatchBatch batch) {
    for (WatchBatch.Change change : batch.changes()) {
      switch (change) {
        case WatchBatch.Change.Put put -> held.put(put.key(), put.entry());
        case WatchBatch.Change.Delete delete -> held.remove(delete.key());
      }
    }
    batches.add(batch);
  }

  @Override
  public void onEnd(StoreException reason) {
    end = reason;
  }

  @Override
  public synchronized void onInterrupted(StoreException reason) {
    interruptions++;
  }

  @Override
  public synchronized void onResumed() {
    resumptions++;
  }

  public List<WatchBatch> batches() {
    return batches;
  }

  public synchronized List<Entry> held() {
    return List.copyOf(
        Map.copyOf(held).values().stream()
            .sorted(java.util.Comparator.comparing(Entry::key))
            .toList());
  }

  public int interruptions() {
    return interruptions;
  }

  public int resumptions() {
    return resumptions;
  }

  public List<WatchBatch> awaitBatches(int count) {
    await().pollInterval(POLL).atMost(PATIENCE).until(() -> batches.size() >= count);
    return batches;
  }

  public void awaitRevision(long revision) {
    await()
        .pollInterval(POLL)
        .atMost(PATIENCE)
        .until(() -> !batches.isEmpty() && batches.getLast().revision() >= revision);
  }

  public StoreException awaitEnd() {
    await().pollInterval(POLL).atMost(PATIENCE).until(() -> end != null);
    StoreException reason = end;
    if (reason == null) {
      throw new IllegalStateException("ended without a reason");
    }
    return reason;
  }

  public boolean ended() {
    return end != null;
  }
}
