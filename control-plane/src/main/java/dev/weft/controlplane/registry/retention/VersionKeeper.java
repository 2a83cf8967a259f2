package dev.weft.controlplane.registry.retention;

import com.google.protobuf.ByteString;
import dev.weft.controlplane.registry.FormerMark;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.SortedTree;
import dev.weft.controlplane.registry.store.Entry;
import dev.weft.controlplane.registry.store.Range;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.TxnResult;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what the store keeps of former versions of documents: so many of each, none that ended
 * long ago, and so many bytes of all. One replica drops what is too much, the oldest first, and
 * writes down up to where what was deleted may be forgotten.
 *
 * <p>{@link #tick} is to be called every now and then, by one thread; never blocks. The counts may
 * be read from any.
 */
public final class VersionKeeper {
  /** Former versions of one document. */
  public static final int MAX_VERSIONS = 50;

  /** Since the end of a version. */
  public static final Duration MAX_AGE = Duration.ofDays(90);

  /** Of all that is kept, with keys. */
  public static final long MAX_BYTES = 32L << 20;

  /** Versions that go in one transaction. */
  private static final int AT_ONCE = 100;

  /** How often ages are looked at when nothing changes. */
  private static final long AGES_EVERY_MILLIS = Duration.ofMinutes(10).toMillis();

  private static final System.Logger LOG = System.getLogger(VersionKeeper.class.getName());

  /** Why a version goes. */
  public enum Limit {
    VERSIONS("history-versions"),
    AGE("history-age"),
    BYTES("history-bytes");

    private final String label;

    Limit(String label) {
      this.label = label;
    }

    /** As in the guide of limits, and in metrics. */
    public String label() {
      return label;
    }
  }

  private final Store store;
  private final Registry registry;
  private final BooleanSupplier leading;
  private final LongSupplier utcMillis;
  private final Map<Limit, LongAdder> dropped = new EnumMap<>(Limit.class);

  // Owned by the thread that ticks.
  private @Nullable SortedTree<FormerMark> seen;
  private long lookedMillis;
  private volatile boolean busy;
  private volatile int kept;
  private volatile long keptBytes;

  /**
   * @param leading whether this replica is the one that drops
   * @param utcMillis the clock by which documents are stamped, in milliseconds since 1970
   */
  public VersionKeeper(
      Store store, Registry registry, BooleanSupplier leading, LongSupplier utcMillis) {
    this.store = store;
    this.registry = registry;
    this.leading = leading;
    this.utcMillis = utcMillis;
    for (Limit limit : Limit.values()) {
      dropped.put(limit, new LongAdder());
    }
  }

  /** How many versions are kept. */
  public int kept() {
    return kept;
  }

  /** What they take. */
  public long keptBytes() {
    return keptBytes;
  }

  /** Versions that this replica dropped because of a limit. */
  public long dropped(Limit limit) {
    LongAdder count = dropped.get(limit);
    return count == null ? 0 : count.sum();
  }

  /** Counts what is kept, and drops what is too much of it. */
  public void tick() {
    SortedTree<FormerMark> now = registry.current().former();
    long millis = utcMillis.getAsLong();
    if (busy || (now == seen && millis - lookedMillis < AGES_EVERY_MILLIS)) {
      return;
    }
    Map<FormerMark, Limit> victims = tooMuch(now, millis);
    if (victims.isEmpty()) {
      seen = now;
      lookedMillis = millis;
    } else if (leading.getAsBoolean() && registry.status().synced()) {
      seen = null;
      busy = true;
      drop(victims);
    }
  }

  private Map<FormerMark, Limit> tooMuch(SortedTree<FormerMark> now, long millis) {
    List<FormerMark> all = new ArrayList<>();
    now.forEach(all::add);
    Map<FormerMark, Limit> victims = new LinkedHashMap<>();
    long bytes = 0;
    int newer = 0;
    // From the newest version of an object to its oldest.
    for (int i = all.size() - 1; i >= 0; i--) {
      FormerMark mark = all.get(i);
      boolean another = i == all.size() - 1 || !mark.object().equals(all.get(i + 1).object());
      newer = another ? 0 : newer + 1;
      bytes += mark.bytes();
      if (newer >= MAX_VERSIONS) {
        victims.put(mark, Limit.VERSIONS);
      } else if (millis - mark.endedAtMillis() > MAX_AGE.toMillis()) {
        victims.put(mark, Limit.AGE);
      }
    }
    kept = all.size();
    keptBytes = bytes;
    bytes -= victims.keySet().stream().mapToLong(FormerMark::bytes).sum();
    if (bytes > MAX_BYTES) {
      all.sort(Comparator.comparingLong(FormerMark::until));
      for (FormerMark mark : all) {
        if (bytes > MAX_BYTES && victims.putIfAbsent(mark, Limit.BYTES) == null) {
          bytes -= mark.bytes();
        }
      }
    }
    return victims;
  }

  private void drop(Map<FormerMark, Limit> victims) {
    List<FormerMark> first = victims.keySet().stream().limit(AT_ONCE).toList();
    store
        .range(Keyspace.FORGOTTEN)
        .thenCompose(range -> store.commit(transaction(first, range)))
        .whenComplete((result, failure) -> done(first, victims, result, failure));
  }

  private static Txn transaction(List<FormerMark> victims, Range range) {
    Txn.Builder txn = Txn.builder();
    victims.forEach(victim -> txn.delete(victim.key()));
    long forgotten =
        victims.stream().filter(FormerMark::deleted).mapToLong(FormerMark::until).max().orElse(0);
    Entry before = range.entries().isEmpty() ? null : range.entries().getFirst();
    if (forgotten > (before == null ? 0 : Long.parseLong(before.value().toStringUtf8()))) {
      if (before == null) {
        txn.ifAbsent(Keyspace.FORGOTTEN);
      } else {
        txn.ifModRevision(Keyspace.FORGOTTEN, before.modRevision());
      }
      txn.put(Keyspace.FORGOTTEN, ByteString.copyFromUtf8(Long.toString(forgotten)));
    }
    return txn.build();
  }

  private void done(
      List<FormerMark> victims,
      Map<FormerMark, Limit> why,
      @Nullable TxnResult result,
      @Nullable Throwable failure) {
    if (result == null) {
      LOG.log(
          Level.WARNING,
          "former versions of documents could not be dropped, the next time will: {0}",
          String.valueOf(failure));
    } else if (result.succeeded()) {
      for (FormerMark victim : victims) {
        LongAdder count = dropped.get(why.get(victim));
        if (count != null) {
          count.increment();
        }
      }
      registry
          .awaitRevision(result.revision(), Duration.ofSeconds(10))
          .whenComplete((reached, ignored) -> busy = false);
      return;
    }
    busy = false;
  }
}
