package dev.weft.controlplane.registry.store.etcd;

import dev.weft.controlplane.registry.store.CompactedException;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.StoreClosedException;
import dev.weft.controlplane.registry.store.StoreException;
import dev.weft.controlplane.registry.store.StoreReplacedException;
import dev.weft.controlplane.registry.store.StoreUnavailableException;
import dev.weft.controlplane.registry.store.Watch;
import dev.weft.controlplane.registry.store.WatchBatch;
import dev.weft.controlplane.registry.store.WatchBatch.Change;
import dev.weft.controlplane.registry.store.WatchListener;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A watch that outlives its connections. It remembers which keys it told, at which revision: so
 * that after every reconnect it can see whether the history is still the one that it knows, and,
 * where that history was compacted meanwhile, tell the difference. Runs on one virtual thread,
 * which also calls the listener; while the listener works, etcd waits.
 */
final class EtcdWatch implements Watch, Runnable {
  private static final Logger LOG = System.getLogger(EtcdWatch.class.getName());

  private final EtcdStore store;
  private final EtcdReader reader;
  private final EtcdChannel channel;
  private final Requests requests;
  private final EtcdOptions options;
  private final String prefix;
  private final WatchListener listener;
  private final String identity;
  private final Backoff backoff = new Backoff();
  private volatile boolean closed;
  private volatile @Nullable EtcdWatchStream stream;
  private @Nullable Map<String, Long> told;
  private long next;
  private boolean interrupted;

  EtcdWatch(
      EtcdStore store,
      EtcdReader reader,
      EtcdChannel channel,
      Requests requests,
      EtcdOptions options,
      String prefix,
      long fromRevision,
      WatchListener listener) {
    this.store = store;
    this.reader = reader;
    this.channel = channel;
    this.requests = requests;
    this.options = options;
    this.prefix = prefix;
    this.listener = listener;
    this.identity = store.identity();
    this.next = fromRevision;
  }

  @Override
  public void run() {
    while (!closed) {
      try {
        told = findPlace(told);
        follow(told);
      } catch (StoreReplacedException | CompactedException e) {
        end(e);
      } catch (StoreClosedException e) {
        close();
      } catch (StoreException e) {
        if (!interrupted) {
          interrupted = true;
          tell(to -> to.onInterrupted(e));
        }
        store.pause(TimeUnit.MILLISECONDS.toNanos(backoff.next()));
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "a watch of " + prefix + " failed; it goes on", e);
        store.pause(TimeUnit.MILLISECONDS.toNanos(backoff.next()));
      }
    }
    store.ended(this);
  }

  /** Makes sure that the history up to here is the known one; catches up where it is gone. */
  private Map<String, Long> findPlace(@Nullable Map<String, Long> known) {
    if (next == 1) {
      requireSameStore(read(0, true).identity());
      return known == null ? new HashMap<>() : known;
    }
    try {
      EtcdReader.Read base = read(next - 1, true);
      requireSameStore(base.identity());
      Map<String, Long> found = revisions(base.entries());
      if (known != null && !known.equals(found)) {
        throw setBack("its history up to revision " + (next - 1) + " is another");
      }
      return found;
    } catch (EtcdReader.FutureRevisionException e) {
      EtcdReader.Read now = read(0, true);
      requireSameStore(now.identity());
      throw setBack("it is at revision " + now.revision() + ", and was at " + (next - 1));
    } catch (CompactedException e) {
      if (known == null) {
        throw new CompactedException(next, 0);
      }
      return tellDifference(known);
    }
  }

  private Map<String, Long> tellDifference(Map<String, Long> known) {
    EtcdReader.Read now = read(0, false);
    requireSameStore(now.identity());
    if (now.revision() < next - 1) {
      throw setBack("it is at revision " + now.revision() + ", and was at " + (next - 1));
    }
    Map<String, Long> found = revisions(now.entries());
    List<Change> changes = new ArrayList<>();
    for (Entry entry : now.entries()) {
      Long before = known.get(entry.key());
      if (before == null || before != entry.modRevision()) {
        if (entry.modRevision() < next) {
          throw setBack("key " + entry.key() + " is not the one of before");
        }
        changes.add(new Change.Put(entry));
      }
    }
    for (String key : known.keySet()) {
      if (!found.containsKey(key)) {
        changes.add(new Change.Delete(key));
      }
    }
    if (!changes.isEmpty()) {
      changes.sort(Comparator.comparing(Change::key));
      WatchBatch batch = new WatchBatch(now.revision(), changes);
      tell(to -> to.onBatch(batch));
    }
    next = now.revision() + 1;
    return found;
  }

  private void follow(Map<String, Long> known) {
    try (EtcdWatchStream opened = new EtcdWatchStream(channel)) {
      stream = opened;
      if (closed) {
        return;
      }
      opened.create(requests.key(prefix), requests.end(prefix), next);
      WatchResponse created = opened.take(options.timeout());
      if (created == null) {
        throw new StoreUnavailableException(
            "etcd at " + options.names() + ": no answer to a watch", false, null);
      }
      if (cancelled(created)) {
        return;
      }
      backoff.reset();
      if (interrupted) {
        interrupted = false;
        tell(WatchListener::onResumed);
      }
      WatchResponse response;
      while (!closed && (response = opened.take()) != null) {
        if (cancelled(response)) {
          return;
        }
        deliver(response, known);
      }
    } catch (RuntimeException e) {
      if (!closed) {
        throw store.failure(e, false);
      }
    } finally {
      stream = null;
    }
  }

  /** Whether etcd ended the watch because of a compaction; throws if it did for another reason. */
  private boolean cancelled(WatchResponse response) {
    if (!response.getCanceled()) {
      return false;
    }
    if (response.getCompactRevision() > 0) {
      return true;
    }
    channel.forgetToken();
    throw new StoreUnavailableException(
        "etcd at " + options.names() + " refused a watch: " + response.getCancelReason(),
        false,
        null);
  }

  private void deliver(WatchResponse response, Map<String, Long> known) {
    TreeMap<Long, List<Change>> byRevision = new TreeMap<>();
    for (Event event : response.getEventsList()) {
      long revision = event.getKv().getModRevision();
      if (revision >= next) {
        byRevision.computeIfAbsent(revision, at -> new ArrayList<>()).add(change(event, known));
      }
    }
    byRevision.forEach(
        (revision, changes) -> {
          changes.sort(Comparator.comparing(Change::key));
          WatchBatch batch = new WatchBatch(revision, changes);
          tell(to -> to.onBatch(batch));
          next = revision + 1;
        });
  }

  private Change change(Event event, Map<String, Long> known) {
    if (event.getType() == Event.EventType.DELETE) {
      String key = requests.relative(event.getKv().getKey());
      known.remove(key);
      return new Change.Delete(key);
    }
    Entry entry = requests.entry(event.getKv());
    known.put(entry.key(), entry.modRevision());
    return new Change.Put(entry);
  }

  private EtcdReader.Read read(long revision, boolean keysOnly) {
    try {
      return reader.read(prefix, revision, keysOnly).join();
    } catch (CompletionException e) {
      throw EtcdErrors.unwrap(e) instanceof RuntimeException known ? known : e;
    }
  }

  private void requireSameStore(String found) {
    if (!found.equals(identity)) {
      throw store.replaced(identity, found);
    }
  }

  private StoreReplacedException setBack(String why) {
    return new StoreReplacedException(
        identity, identity, "etcd at " + options.names() + " was set back: " + why);
  }

  private static Map<String, Long> revisions(List<Entry> entries) {
    Map<String, Long> revisions = new HashMap<>();
    entries.forEach(entry -> revisions.put(entry.key(), entry.modRevision()));
    return revisions;
  }

  private void end(StoreException reason) {
    tell(to -> to.onEnd(reason));
    close();
  }

  private void tell(Consumer<WatchListener> call) {
    if (closed) {
      return;
    }
    try {
      call.accept(listener);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "a watch of " + prefix + " failed to handle a change", e);
    }
  }

  @Override
  public void close() {
    closed = true;
    EtcdWatchStream open = stream;
    if (open != null) {
      open.close();
    }
  }
}
