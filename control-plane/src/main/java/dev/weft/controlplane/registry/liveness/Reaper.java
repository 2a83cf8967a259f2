package dev.weft.controlplane.registry.liveness;

import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.RegistryView.Held;
import dev.weft.controlplane.registry.SortedTree;
import dev.weft.controlplane.registry.store.Lease;
import dev.weft.controlplane.registry.store.Store;
import dev.weft.controlplane.registry.store.Txn;
import dev.weft.controlplane.registry.store.TxnResult;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Removes self-registered instances that nobody has heard from for a full TTL.
 *
 * <p>Every replica watches and raises the alarm; only the elected one removes, in a transaction
 * that compares its election, the instance's own revision, and that no replica has a session with
 * it. What it hears itself is never silent, whether the store shows the session or not: one that is
 * slow to take it would outlast the TTL. It begins only when it has itself served as the elected
 * one, in contact with the store, for a full TTL: after an outage of the control plane everybody
 * has had the time to report again. When more than {@value #BRAKE_PERCENT}% of a service would go
 * within one TTL it removes none of it and alarms: it is more likely that we are cut off than that
 * they all died. So it does with every service while no replica hears from anybody, and for a TTL
 * after that.
 *
 * <p>{@link #tick} is to be called several times per TTL, by one thread; the rest may be read from
 * any.
 */
public final class Reaper {
  /**
   * The share of a service above which nothing of it is removed. One instance may go, unless it is
   * one of several and nobody is heard.
   */
  public static final int BRAKE_PERCENT = 30;

  private static final System.Logger LOG = System.getLogger(Reaper.class.getName());

  private final Store store;
  private final Registry registry;
  private final ReplicaLease lease;
  private final Predicate<Workload> heardHere;
  private final Election election;
  private final BooleanSupplier serving;
  private final LongSupplier nanoClock;
  private final long ttlNanos;
  private final AtomicLong removals = new AtomicLong();
  private volatile boolean leading;
  private volatile Map<ObjectKey, Alarm> alarms = Map.of();

  // Owned by the thread that ticks, but for what its transactions note.
  private final Map<String, Orphan> orphans = new HashMap<>();
  private final Map<ObjectKey, Deque<Long>> removedNanos = new HashMap<>();
  private SortedTree<Workload> seenWorkloads = SortedTree.empty();
  private SortedTree<Held> seenSessions = SortedTree.empty();
  private int registered;
  private long lastTickNanos;
  private long heardSinceNanos;
  private boolean hearing;
  private long servingSinceNanos;
  private boolean wasServing;

  /**
   * A service of which too much would go at once.
   *
   * @param silent instances that have had no session for a TTL
   * @param instances all of the service
   * @param cutOff whether nobody at all is heard, or has been for less than a TTL
   */
  public record Alarm(ObjectKey service, int silent, int instances, boolean cutOff) {
    /** For people. */
    public String message() {
      return silent
          + " of "
          + instances
          + " instances of service "
          + service
          + " have been silent for longer than the TTL; none is removed, because "
          + (cutOff
              ? "no control plane has heard from anybody lately: check the network between sidecars"
                  + " and control planes, and their certificates"
              : "that is more than "
                  + BRAKE_PERCENT
                  + "% at once: check the network to them, or deregister them if they are gone");
    }
  }

  private record Orphan(String incarnation, long sinceNanos) {}

  /**
   * @param heardHere whether this replica hears an instance now
   * @param serving whether instances can reach this replica now
   * @param nanoClock monotonic, as {@link System#nanoTime}
   */
  public Reaper(
      Store store,
      Registry registry,
      ReplicaLease lease,
      Predicate<Workload> heardHere,
      Duration ttl,
      BooleanSupplier serving,
      LongSupplier nanoClock) {
    this.store = store;
    this.registry = registry;
    this.lease = lease;
    this.heardHere = heardHere;
    this.election = new Election(store, registry, lease, "reaper");
    this.serving = serving;
    this.nanoClock = nanoClock;
    this.ttlNanos = ttl.toNanos();
    this.lastTickNanos = nanoClock.getAsLong();
    this.heardSinceNanos = lastTickNanos;
  }

  /** Whether this replica is the elected one. */
  public boolean leading() {
    return leading;
  }

  /** Instances removed so far by this replica. */
  public long removals() {
    return removals.get();
  }

  /** Services of which nothing is removed because too much would go. */
  public List<Alarm> alarms() {
    return List.copyOf(alarms.values());
  }

  /** Looks at everything once. */
  public void tick() {
    long now = nanoClock.getAsLong();
    boolean stoodStill = now - lastTickNanos > ttlNanos / 2;
    lastTickNanos = now;
    Lease current = lease.current();
    boolean able = current != null && serving.getAsBoolean() && registry.status().synced();
    if (!able || stoodStill) {
      // Silence that we could not have heard counts for nothing.
      orphans.clear();
      seenWorkloads = SortedTree.empty();
      wasServing = false;
    }
    if (!able || current == null) {
      leading = false;
      return;
    }
    RegistryView view = registry.current();
    Map<ObjectKey, List<Workload>> due = findDue(view, now);
    listen(view, now);
    Election.Term term = election.look(view, current);
    boolean leads = term != null;
    if (leads != leading || !wasServing) {
      servingSinceNanos = now;
      wasServing = true;
    }
    leading = leads;
    List<Workload> removable = brake(view, due, now);
    if (term != null && now - servingSinceNanos >= ttlNanos) {
      for (Workload workload : removable) {
        remove(term, view, workload, now);
      }
    }
  }

  /** Notes since when instances are heard at all. Of a single one silence proves nothing. */
  private void listen(RegistryView view, long now) {
    boolean anybody = registered <= 1 || view.sessions().size() > 0;
    if (anybody && !hearing) {
      heardSinceNanos = now;
    }
    hearing = anybody;
  }

  private Map<ObjectKey, List<Workload>> findDue(RegistryView view, long now) {
    // Most looks find that nobody came or went: then only those that are silent already count.
    if (view.registered() != seenWorkloads || view.sessions() != seenSessions) {
      seenWorkloads = view.registered();
      seenSessions = view.sessions();
      findOrphans(view, now);
    }
    Map<ObjectKey, List<Workload>> due = new TreeMap<>();
    orphans.forEach(
        (key, orphan) -> {
          Workload workload = view.registered().get(key);
          if (workload != null
              && now - orphan.sinceNanos() >= ttlNanos
              && !heardHere.test(workload)) {
            due.computeIfAbsent(serviceOf(workload), each -> new ArrayList<>()).add(workload);
          }
        });
    return due;
  }

  private void findOrphans(RegistryView view, long now) {
    Map<String, Orphan> still = new HashMap<>();
    registered = 0;
    view.registered()
        .forEachEntry(
            (key, workload) -> {
              if (!workload.source().equals(Keyspace.SELF)) {
                return;
              }
              registered++;
              if (view.hasSession(workload)) {
                return;
              }
              Orphan orphan = orphans.get(key);
              if (orphan == null || !orphan.incarnation().equals(workload.incarnation())) {
                orphan = new Orphan(workload.incarnation(), now);
              }
              still.put(key, orphan);
            });
    orphans.clear();
    orphans.putAll(still);
  }

  /** What may be removed; the rest becomes alarms. */
  private List<Workload> brake(RegistryView view, Map<ObjectKey, List<Workload>> due, long now) {
    boolean cutOff = !hearing || now - heardSinceNanos < ttlNanos;
    List<Workload> removable = new ArrayList<>();
    Map<ObjectKey, Alarm> raised = new TreeMap<>();
    due.forEach(
        (service, workloads) -> {
          int recent = recentRemovals(service, now);
          int instances = view.registeredUnder(service.namespace(), service.name()).size();
          int allowed = cutOff ? 0 : Math.max(1, (instances + recent) * BRAKE_PERCENT / 100);
          if (workloads.size() + recent <= allowed) {
            removable.addAll(workloads);
          } else {
            Alarm alarm = new Alarm(service, workloads.size(), instances, cutOff);
            raised.put(service, alarm);
            if (!alarms.containsKey(service)) {
              LOG.log(Level.WARNING, alarm.message());
            }
          }
        });
    alarms.keySet().stream()
        .filter(service -> !raised.containsKey(service))
        .forEach(service -> LOG.log(Level.INFO, "service {0} is out of the alarm", service));
    alarms = Map.copyOf(raised);
    return removable;
  }

  private int recentRemovals(ObjectKey service, long now) {
    Deque<Long> times = removedNanos.get(service);
    if (times == null) {
      return 0;
    }
    while (!times.isEmpty() && now - times.getFirst() >= ttlNanos) {
      times.removeFirst();
    }
    if (times.isEmpty()) {
      removedNanos.remove(service);
    }
    return times.size();
  }

  private void remove(Election.Term term, RegistryView view, Workload workload, long now) {
    String key =
        Keyspace.instance(
            workload.source(), workload.namespace(), workload.service(), workload.id());
    Txn.Builder txn = term.transaction().delete(key);
    registry.loss().requireUnchanged(txn, key, workload.revision());
    // A session that another replica has opened and that our view does not show yet.
    view.replicas()
        .forEach(
            replica ->
                txn.ifAbsent(Keyspace.session(replica, workload.namespace(), workload.id())));
    removedNanos.computeIfAbsent(serviceOf(workload), each -> new ArrayDeque<>()).add(now);
    // If it stays after all, it is looked at anew.
    orphans.remove(workload.namespace() + '/' + workload.id());
    seenWorkloads = SortedTree.empty();
    store.commit(txn.build()).whenComplete((result, failure) -> removed(workload, result, failure));
  }

  private void removed(Workload workload, @Nullable TxnResult result, @Nullable Throwable failure) {
    if (result != null && result.succeeded()) {
      removals.incrementAndGet();
      LOG.log(
          Level.INFO,
          "removed {0}/{1} of service {2} (incarnation {3}): no session for longer than the TTL",
          workload.namespace(),
          workload.id(),
          workload.service(),
          workload.incarnation());
    } else if (failure != null) {
      LOG.log(Level.WARNING, "could not remove {0}: {1}", workload.id(), failure.toString());
    }
  }

  private static ObjectKey serviceOf(Workload workload) {
    return new ObjectKey(workload.namespace(), workload.service());
  }
}
