package dev.weft.controlplane.source.kubernetes.write;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.history.FormerVersions;
import dev.weft.controlplane.registry.liveness.Election.Term;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.TxnResult;
import dev.weft.controlplane.source.kubernetes.object.ClusterObjects;
import dev.weft.controlplane.source.kubernetes.object.Documents;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes what Kubernetes has and the store has not, and removes what the store has and Kubernetes
 * has not any more, while this replica leads.
 *
 * <p>At the begin of a term it reads what is stored; from then on nobody else writes there. What it
 * writes it decides from the difference alone, so that whatever a leader before left undone is
 * done, and what is right is left alone. One transaction at a time; whatever changes meanwhile goes
 * into the next. After a failure, which may have been written or not, it reads again.
 *
 * <p>Only prefixes whose objects are completely known are touched: see {@link #settle}. Owned by
 * one thread, to which the executor leads; {@link #writes} may be read from any.
 */
public final class StoreWriter {
  static final String DOCUMENTS = Keyspace.POLICY_PREFIX + Keyspace.KUBERNETES + '/';
  private static final String ENDPOINTS = Keyspace.ENDPOINTS_PREFIX + Keyspace.KUBERNETES + '/';
  private static final String NODES = Keyspace.NODES_PREFIX + Keyspace.KUBERNETES + '/';

  /** Changes of one transaction, of which one of a document is two; the election is compared. */
  private static final int MAX_CHANGES = Txn.MAX_OPERATIONS - 8;

  /** Bytes of one transaction after which no further change is added to it. */
  private static final int ENOUGH_BYTES = Txn.MAX_BYTES / 4;

  /** A value that no transaction can carry. */
  private static final int MAX_VALUE_BYTES = Txn.MAX_BYTES - (8 << 10);

  /** A document that no transaction can carry beside what it replaces. */
  private static final int MAX_DOCUMENT_BYTES = MAX_VALUE_BYTES - FormerVersions.MAX_BYTES;

  private static final long MIN_PAUSE_NANOS = 100_000_000L;
  private static final long MAX_PAUSE_NANOS = 5_000_000_000L;

  private final Store store;
  private final ClusterObjects objects;
  private final Executor thread;
  private final LongSupplier utcMillis;
  private final LongSupplier nanoClock;
  private final Runnable fence;
  private final AtomicLong writes = new AtomicLong();
  private volatile String problem = "";
  private volatile boolean idle;

  private final Set<String> settled = new HashSet<>();
  private final Set<String> dirty = new LinkedHashSet<>();
  private final Set<String> tooLarge = new HashSet<>();
  private final Stamps stamps = new Stamps();
  private @Nullable Term term;
  private @Nullable Map<String, ByteString> stored;
  private boolean busy;
  private long notBeforeNanos;
  private long pauseNanos = MIN_PAUSE_NANOS;

  /**
   * @param objects what Kubernetes has, owned by the same thread
   * @param thread runs tasks on that thread, or drops them when all is over
   * @param utcMillis the clock that stamps documents
   * @param fence begins another term, so that what was sent in this one has no effect any more
   */
  public StoreWriter(
      Store store,
      ClusterObjects objects,
      Executor thread,
      LongSupplier utcMillis,
      LongSupplier nanoClock,
      Runnable fence) {
    this.store = store;
    this.objects = objects;
    this.thread = thread;
    this.utcMillis = utcMillis;
    this.nanoClock = nanoClock;
    this.fence = fence;
    this.notBeforeNanos = nanoClock.getAsLong();
  }

  /** The prefix of the documents of a kind. */
  public static String documents(String kind) {
    return DOCUMENTS + kind + '/';
  }

  /** The prefix of all endpoints. */
  public static String endpoints() {
    return ENDPOINTS;
  }

  /** The prefix of all nodes. */
  public static String nodes() {
    return NODES;
  }

  /** Keys written or removed so far. */
  public long writes() {
    return writes.get();
  }

  /** What keeps it from writing, for a person; empty: nothing. */
  public String problem() {
    return problem;
  }

  /** Whether all that it may touch is stored as Kubernetes has it, as far as it knows. */
  public boolean idle() {
    return idle;
  }

  /**
   * All objects under a prefix are known for the first time: from now on it is made so in the
   * store, too. Does nothing when it was called before.
   */
  public void settle(String prefix) {
    Map<String, ByteString> known = stored;
    if (settled.add(prefix) && known != null) {
      mark(known, prefix);
    }
  }

  /** Looks whether there is something to do, and does it. To be called after every change. */
  public void tick(@Nullable Term now) {
    if (!Objects.equals(now, term)) {
      term = now;
      stored = null;
      problem = "";
      tooLarge.clear();
    }
    for (String key : objects.takeChanged()) {
      if (stored != null) {
        dirty.add(key);
      }
    }
    if (now != null && !busy && nanoClock.getAsLong() - notBeforeNanos >= 0) {
      Map<String, ByteString> known = stored;
      if (known == null) {
        read(now);
      } else {
        write(now, known);
      }
    }
    idle = stored != null && !busy && dirty.isEmpty() && tooLarge.isEmpty();
  }

  private void read(Term now) {
    busy = true;
    CompletableFuture<Range> nodes = store.range(NODES);
    store
        .range(DOCUMENTS)
        .thenCombine(store.range(ENDPOINTS), List::of)
        .thenCombine(nodes, (others, last) -> List.of(others.get(0), others.get(1), last))
        .whenComplete((ranges, failure) -> thread.execute(() -> hasRead(now, ranges, failure)));
  }

  private void hasRead(Term begun, @Nullable List<Range> ranges, @Nullable Throwable failure) {
    busy = false;
    if (ranges == null) {
      failed(failure);
      return;
    }
    if (!begun.equals(term)) {
      return;
    }
    Map<String, ByteString> found = new HashMap<>();
    stamps.begin();
    for (Range range : ranges) {
      for (Entry entry : range.entries()) {
        ByteString bytes = entry.value();
        if (entry.key().startsWith(DOCUMENTS)) {
          bytes = Documents.unstamped(bytes);
          stamps.read(entry);
        }
        // The same bytes once, not twice.
        ByteString wanted = objects.wanted().get(entry.key());
        found.put(entry.key(), bytes.equals(wanted) ? wanted : bytes);
      }
    }
    stored = found;
    dirty.clear();
    settled.forEach(prefix -> mark(found, prefix));
    succeeded();
  }

  private void mark(Map<String, ByteString> known, String prefix) {
    for (String key : objects.wanted().keySet()) {
      if (key.startsWith(prefix)) {
        dirty.add(key);
      }
    }
    for (String key : known.keySet()) {
      if (key.startsWith(prefix)) {
        dirty.add(key);
      }
    }
  }

  private void write(Term now, Map<String, ByteString> known) {
    Txn.Builder txn = now.transaction();
    List<String> keys = new ArrayList<>();
    List<@Nullable ByteString> values = new ArrayList<>();
    long bytes = 0;
    long millis = utcMillis.getAsLong();
    for (Iterator<String> next = dirty.iterator(); next.hasNext() && txn.size() < MAX_CHANGES; ) {
      String key = next.next();
      ByteString wanted = objects.wanted().get(key);
      if (isTooLarge(key, wanted) || !mayTouch(key) || isStored(known, key, wanted)) {
        next.remove();
        continue;
      }
      boolean document = key.startsWith(DOCUMENTS);
      ByteString before = document ? known.get(key) : null;
      int size = (wanted == null ? 0 : wanted.size()) + (before == null ? 0 : before.size());
      if (bytes > 0 && bytes + size > ENOUGH_BYTES) {
        break;
      }
      next.remove();
      bytes += size;
      if (document) {
        stamps.change(txn, key, before, wanted, millis);
      } else if (wanted == null) {
        txn.delete(key);
      } else {
        txn.put(key, wanted);
      }
      keys.add(key);
      values.add(wanted);
    }
    if (keys.isEmpty()) {
      return;
    }
    busy = true;
    store
        .commit(txn.build())
        .whenComplete(
            (result, failure) ->
                thread.execute(() -> hasWritten(now, keys, values, millis, result, failure)));
  }

  private void hasWritten(
      Term begun,
      List<String> keys,
      List<@Nullable ByteString> values,
      long millis,
      @Nullable TxnResult result,
      @Nullable Throwable failure) {
    busy = false;
    Map<String, ByteString> known = stored;
    if (result == null) {
      // It may have happened, or may happen yet: only another term makes an end to that.
      stored = null;
      fence.run();
      failed(failure);
    } else if (!result.succeeded()) {
      // Another leads. The view will say so, too; until then nothing is lost by reading again.
      stored = null;
      pause();
    } else {
      writes.addAndGet(keys.size());
      if (known != null && begun.equals(term)) {
        stamps.written(keys, values, result.revision(), millis);
        for (int i = 0; i < keys.size(); i++) {
          ByteString value = values.get(i);
          if (value == null) {
            known.remove(keys.get(i));
          } else {
            known.put(keys.get(i), value);
          }
        }
      }
      succeeded();
    }
  }

  private boolean mayTouch(String key) {
    if (key.startsWith(ENDPOINTS) || key.startsWith(NODES)) {
      return settled.contains(key.startsWith(NODES) ? NODES : ENDPOINTS);
    }
    int kindEnd = key.indexOf('/', DOCUMENTS.length());
    return kindEnd > 0 && settled.contains(key.substring(0, kindEnd + 1));
  }

  private static boolean isStored(
      Map<String, ByteString> known, String key, @Nullable ByteString wanted) {
    ByteString have = known.get(key);
    return wanted == null ? have == null : wanted.equals(have);
  }

  private boolean isTooLarge(String key, @Nullable ByteString wanted) {
    int size = wanted == null ? 0 : wanted.size();
    int limit = key.startsWith(DOCUMENTS) ? MAX_DOCUMENT_BYTES : MAX_VALUE_BYTES;
    boolean large = size > limit;
    if (!large) {
      if (tooLarge.remove(key) && tooLarge.isEmpty()) {
        problem = "";
      }
    } else if (tooLarge.add(key)) {
      problem =
          key
              + " has "
              + size
              + " bytes, more than the store takes ("
              + limit
              + "): what is stored of it stays as it is; make the object smaller";
    }
    return large;
  }

  private void succeeded() {
    pauseNanos = MIN_PAUSE_NANOS;
    if (tooLarge.isEmpty()) {
      problem = "";
    }
    tick(term);
  }

  private void failed(@Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    problem = "cannot write to the store, trying on: " + (cause == null ? "" : cause.getMessage());
    pause();
  }

  private void pause() {
    notBeforeNanos = nanoClock.getAsLong() + pauseNanos;
    pauseNanos = Math.min(MAX_PAUSE_NANOS, 2 * pauseNanos);
  }
}
