package dev.weft.controlplane.registry.liveness;

import dev.weft.controlplane.limit.SharedRead;
import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.Workload;
import dev.weft.controlplane.model.WorkloadReadiness;
import dev.weft.controlplane.registry.Keyspace;
import dev.weft.controlplane.registry.Registry;
import dev.weft.controlplane.registry.RegistryView;
import dev.weft.controlplane.registry.SortedTree;
import dev.weft.controlplane.registry.store.Store;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which instances this replica hears from. A heartbeat changes a number in memory and nothing else;
 * only that a session came or went is written (by {@link SessionWriter}), and a change of readiness
 * (by {@link ReadinessWriter}).
 *
 * <p>Safe from any thread; nothing blocks. {@link #tick} is to be called several times per TTL.
 */
public final class Sessions {
  /** Heartbeats in a TTL, as senders are asked for. */
  private static final int BEATS_IN_A_TTL = 3;

  private final Registry registry;
  private final LongSupplier nanoClock;
  private final long ttlNanos;
  private final SessionWriter writer;
  private final ReadinessWriter readiness;
  private final SharedRead denials;
  private final ConcurrentHashMap<String, Session> live = new ConcurrentHashMap<>();
  private final AtomicLong heartbeats = new AtomicLong();
  private volatile long lastTickNanos;
  private volatile SortedTree<Workload> seenWorkloads = SortedTree.empty();

  /** What the sender of a heartbeat is told. */
  public enum Answer {
    ALIVE,
    /** Another incarnation is registered. */
    SUPERSEDED,
    /** Nothing is registered under that id. */
    UNKNOWN,
    /** This replica is behind the store and cannot tell yet: the next heartbeat asks again. */
    UNDECIDED
  }

  /** Through which a replica hears from instances: a stream. Compared by identity. */
  @FunctionalInterface
  public interface Channel {
    /**
     * A session that came through this channel has been closed.
     *
     * @param silent because nothing was heard for a TTL; else its instance has left, or another
     *     incarnation took its place
     */
    void onClosed(String namespace, String id, String incarnation, boolean silent);
  }

  /** What an instance says about itself; readiness null: nothing. */
  public record Heartbeat(
      String namespace,
      String id,
      String incarnation,
      @Nullable WorkloadReadiness readiness,
      String readinessReason) {}

  /** One instance that is heard. */
  static final class Session {
    final String incarnation;
    final AtomicBoolean writingReadiness = new AtomicBoolean();
    volatile Channel channel;
    volatile long heardNanos;
    volatile Heartbeat last;

    Session(Heartbeat first, Channel channel, long nowNanos) {
      this.incarnation = first.incarnation();
      this.channel = channel;
      this.heardNanos = nowNanos;
      this.last = first;
    }
  }

  /**
   * @param ttl after which silence closes a session
   * @param nanoClock monotonic, as {@link System#nanoTime}
   */
  public Sessions(
      Store store, Registry registry, ReplicaLease lease, Duration ttl, LongSupplier nanoClock) {
    this.registry = registry;
    this.nanoClock = nanoClock;
    this.ttlNanos = ttl.toNanos();
    this.lastTickNanos = nanoClock.getAsLong();
    this.writer = new SessionWriter(store, lease, this::incarnationHeard);
    this.readiness = new ReadinessWriter(store, registry, System::currentTimeMillis);
    // Then the next heartbeat of the same instance is due, and asks again.
    Duration catchUp = ttl.dividedBy(BEATS_IN_A_TTL);
    this.denials =
        new SharedRead(
            () ->
                // A read that is linearizable tells how far the store is; the view must have come
                // that far.
                store
                    .range(Keyspace.LEADER_PREFIX)
                    .thenCompose(range -> registry.awaitRevision(range.revision(), catchUp)));
    registry.addListener(writer);
  }

  /**
   * An instance was heard. Completes at once for the registered incarnation. One is denied only
   * when the view has come as far as the store was after the heartbeat; a replica that stays behind
   * for a third of a TTL does not decide. Fails with a store's exception when the store cannot be
   * asked.
   */
  public CompletableFuture<Answer> heard(Channel channel, Heartbeat heartbeat) {
    heartbeats.incrementAndGet();
    Answer answer = judge(heartbeat);
    if (answer == Answer.ALIVE) {
      alive(channel, heartbeat);
      return CompletableFuture.completedFuture(answer);
    }
    return denials
        .read()
        .thenApply(
            reached -> {
              Answer settled = judge(heartbeat);
              if (settled == Answer.ALIVE) {
                alive(channel, heartbeat);
                return settled;
              }
              if (!reached) {
                return Answer.UNDECIDED;
              }
              forget(heartbeat);
              return settled;
            });
  }

  /**
   * A channel is gone, and with it the sessions that came through it and through no other since.
   *
   * @param instances those that were heard through it
   */
  public void closed(Channel channel, Collection<ObjectKey> instances) {
    for (ObjectKey instance : instances) {
      String key = instance.toString();
      Session session = live.get(key);
      if (session != null && session.channel.equals(channel)) {
        close(key, session, false);
      }
    }
  }

  /** An instance has left: its session ends without waiting for the channel. */
  public void left(String namespace, String id, String incarnation) {
    String key = namespace + '/' + id;
    Session session = live.get(key);
    if (session != null && session.incarnation.equals(incarnation)) {
      close(key, session, false);
    }
  }

  /** Closes what has been silent for a TTL or is no longer registered; retries what failed. */
  public void tick() {
    long now = nanoClock.getAsLong();
    // If this process itself stood still, nobody else can be blamed for the silence.
    boolean stoodStill = now - lastTickNanos > ttlNanos / 2;
    lastTickNanos = now;
    RegistryView view = registry.current();
    boolean compare = registry.status().synced() && view.registered() != seenWorkloads;
    if (compare) {
      seenWorkloads = view.registered();
    }
    live.forEach(
        (key, session) -> {
          if (stoodStill) {
            session.heardNanos = now;
          } else if (now - session.heardNanos >= ttlNanos) {
            close(key, session, true);
            return;
          }
          Workload workload = compare ? view.registered().get(key) : null;
          if (compare
              && (workload == null || !workload.incarnation().equals(session.incarnation))) {
            close(key, session, false);
          }
        });
    writer.flush();
  }

  /** Whether this incarnation of an instance is heard here, written or not. */
  public boolean hears(Workload workload) {
    Session session = live.get(workload.namespace() + '/' + workload.id());
    return session != null && session.incarnation.equals(workload.incarnation());
  }

  /** Sessions of this replica. */
  public int count() {
    return live.size();
  }

  /** Heartbeats heard so far. */
  public long heartbeats() {
    return heartbeats.get();
  }

  /** Sessions that began or ended, of which no transaction is under way yet. */
  public int unwritten() {
    return writer.unwritten();
  }

  /** Transactions with sessions so far. */
  public long writes() {
    return writer.writes();
  }

  private Answer judge(Heartbeat heartbeat) {
    Workload workload = registry.current().workload(heartbeat.namespace(), heartbeat.id());
    if (workload == null || !workload.source().equals(Keyspace.SELF)) {
      return Answer.UNKNOWN;
    }
    if (registry.loss().of(keyOf(workload)) != null) {
      // The store has lost it: who lives registers again, and is written with what it says.
      return Answer.UNKNOWN;
    }
    return workload.incarnation().equals(heartbeat.incarnation())
        ? Answer.ALIVE
        : Answer.SUPERSEDED;
  }

  private static String keyOf(Workload workload) {
    return Keyspace.instance(
        workload.source(), workload.namespace(), workload.service(), workload.id());
  }

  private void alive(Channel channel, Heartbeat heartbeat) {
    String key = heartbeat.namespace() + '/' + heartbeat.id();
    long now = nanoClock.getAsLong();
    Session session = live.get(key);
    if (session == null || !session.incarnation.equals(heartbeat.incarnation())) {
      session = new Session(heartbeat, channel, now);
      live.put(key, session);
      writer.changed(key);
    } else {
      session.heardNanos = now;
      session.last = heartbeat;
      if (!session.channel.equals(channel)) {
        session.channel = channel;
      }
      // It may have been closed between our look and our note.
      if (live.putIfAbsent(key, session) == null) {
        writer.changed(key);
      }
    }
    readiness.reconcile(session);
  }

  private void forget(Heartbeat heartbeat) {
    left(heartbeat.namespace(), heartbeat.id(), heartbeat.incarnation());
  }

  private void close(String key, Session session, boolean silent) {
    if (live.remove(key, session)) {
      writer.changed(key);
      Heartbeat last = session.last;
      session.channel.onClosed(last.namespace(), last.id(), session.incarnation, silent);
    }
  }

  private @Nullable String incarnationHeard(String key) {
    Session session = live.get(key);
    return session == null ? null : session.incarnation;
  }
}
