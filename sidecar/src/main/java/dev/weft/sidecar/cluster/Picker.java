package dev.weft.sidecar.cluster;

import dev.weft.sidecar.lb.ClusterLoad;
import dev.weft.sidecar.lb.Policy;
import dev.weft.sidecar.lb.PriorityLoad;
import dev.weft.sidecar.lb.Tried;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's endpoints and their health at one moment. Immutable but for what the calling worker
 * owns; to be asked once, at once: every attempt takes {@link Cluster#picker()} anew.
 *
 * <p>Endpoints stand in priorities, of which a request gets one by {@link PriorityLoad}. When it
 * has tried all of that one's, or all are to be avoided now, the others are asked in their order.
 * An endpoint that fails active checks is never picked, but in panic. One that is only ejected is
 * picked when no other is left that this request has not tried: an ejection is a guess, and no
 * answer is a certainty.
 */
public final class Picker {
  /** Why there is nobody to pick. */
  public enum Emptiness {
    /** There is somebody. */
    NOT_EMPTY,
    /** The cluster has no endpoint at all. */
    NO_ENDPOINTS,
    /** Every endpoint fails its active check. */
    ALL_FAIL_CHECKS
  }

  private final ClusterCounters counters;
  private final PriorityLoad load;
  private final Group[] priorities;
  private final Group reserve;
  private final EndpointTracker[] probes;
  private final Emptiness emptiness;
  private final int healthy;
  private final long ownClient;

  /** Endpoints that are alike for a request, and how one of them is chosen. */
  static final class Group {
    private final ClusterLoad[] rotations;
    private final Policy policy;
    private final EndpointTracker[] endpoints;
    private final boolean panic;

    /**
     * @param rotations by worker, of this group alone: a pick may turn several
     * @param panic whether some are in it that are known to be ill
     */
    Group(ClusterLoad[] rotations, Policy policy, EndpointTracker[] endpoints, boolean panic) {
      this.rotations = rotations;
      this.policy = policy;
      this.endpoints = endpoints;
      this.panic = panic;
    }

    private int pick(int worker, long nowNanos, Tried tried) {
      return policy.pick(rotations[worker], nowNanos, tried);
    }

    /** Whether it would be better to look elsewhere. */
    private boolean poor(int worker, int index, long nowNanos) {
      return index < 0 || policy.candidates().avoided(worker, index, nowNanos);
    }
  }

  /**
   * @param priorities at least one
   * @param reserve ejected ones
   * @param healthy how many neither fail checks nor are ejected
   * @param ownClient who a client is whose address is of this machine alone; 0: it does not matter
   *     who calls
   */
  Picker(
      ClusterCounters counters,
      PriorityLoad load,
      Group[] priorities,
      Group reserve,
      EndpointTracker[] probes,
      Emptiness emptiness,
      int healthy,
      long ownClient) {
    this.counters = counters;
    this.load = load;
    this.priorities = priorities;
    this.reserve = reserve;
    this.probes = probes;
    this.emptiness = emptiness;
    this.healthy = healthy;
    this.ownClient = ownClient;
  }

  /** Whether it matters who calls: then {@link #tellClient} comes before {@link #pick}. */
  public boolean byClient() {
    return ownClient != 0;
  }

  /**
   * Notes whose request it is.
   *
   * @param caller null: not known
   */
  public void tellClient(Tried tried, @Nullable SocketAddress caller) {
    long client = ownClient;
    if (caller instanceof InetSocketAddress from
        && from.getAddress() != null
        && !from.getAddress().isLoopbackAddress()) {
      client = Arrays.hashCode(from.getAddress().getAddress());
    }
    tried.client(client);
  }

  /**
   * Picks an endpoint for one attempt and records it in {@code tried}. No lock, no allocation.
   *
   * @param retryable whether the request could be sent again if this attempt fails: such ones are
   *     preferred to find out whether an ejected endpoint has recovered
   * @return null if there is no healthy endpoint, for the reason that {@link #emptiness()} gives
   */
  public @Nullable EndpointTracker pick(int worker, long nowNanos, Tried tried, boolean retryable) {
    EndpointTracker picked = choose(worker, nowNanos, tried, retryable);
    if (picked == null) {
      counters.worker(worker).add(Stat.RQ_NO_HEALTHY);
    } else {
      tried.add(picked.load(worker));
    }
    return picked;
  }

  int healthyCount() {
    return healthy;
  }

  /** Why {@link #pick} returns null, if it does. */
  public Emptiness emptiness() {
    return emptiness;
  }

  private @Nullable EndpointTracker choose(
      int worker, long nowNanos, Tried tried, boolean retryable) {
    if (tried.isEmpty()) {
      for (EndpointTracker probe : probes) {
        if (probe.tryProbe(retryable, nowNanos)) {
          return probe;
        }
      }
    }
    int priority = 0;
    if (priorities.length > 1) {
      priority = ownClient == 0 ? load.draw(priorities[0].rotations[worker]) : load.ofClient(tried);
    }
    int index = priorities[priority].pick(worker, nowNanos, tried);
    if (priorities.length > 1 && priorities[priority].poor(worker, index, nowNanos)) {
      EndpointTracker other = pickElsewhere(priority, index < 0, worker, nowNanos, tried);
      if (other != null) {
        return other;
      }
    }
    if (index >= 0) {
      return taken(priority, index, worker);
    }
    index = reserve.pick(worker, nowNanos, tried);
    if (index >= 0) {
      counters.worker(worker).add(Stat.RQ_PANIC);
      return reserve.endpoints[index];
    }
    return leastRecentlyTried(worker, tried);
  }

  /**
   * Of the other priorities in their order.
   *
   * @param any whether one that is to be avoided now will do
   */
  private @Nullable EndpointTracker pickElsewhere(
      int priority, boolean any, int worker, long nowNanos, Tried tried) {
    int avoided = -1;
    int avoidedIndex = -1;
    for (int i = 0; i < priorities.length; i++) {
      if (i == priority) {
        continue;
      }
      int index = priorities[i].pick(worker, nowNanos, tried);
      if (!priorities[i].poor(worker, index, nowNanos)) {
        return taken(i, index, worker);
      }
      if (avoided < 0 && index >= 0) {
        avoided = i;
        avoidedIndex = index;
      }
    }
    return any && avoided >= 0 ? taken(avoided, avoidedIndex, worker) : null;
  }

  private EndpointTracker taken(int priority, int index, int worker) {
    Group group = priorities[priority];
    if (priority > 0) {
      counters.worker(worker).add(Stat.RQ_FAR);
    }
    if (group.panic) {
      counters.worker(worker).add(Stat.RQ_PANIC);
    }
    return group.endpoints[index];
  }

  private @Nullable EndpointTracker leastRecentlyTried(int worker, Tried tried) {
    EndpointTracker least = null;
    for (Group group : priorities) {
      least = earlier(least, group, worker, tried);
    }
    return earlier(least, reserve, worker, tried);
  }

  private static @Nullable EndpointTracker earlier(
      @Nullable EndpointTracker known, Group group, int worker, Tried tried) {
    int index = group.policy.candidates().leastRecentlyTried(worker, tried);
    if (index < 0) {
      return known;
    }
    EndpointTracker found = group.endpoints[index];
    return known != null
            && tried.lastAttempt(known.load(worker)) < tried.lastAttempt(found.load(worker))
        ? known
        : found;
  }
}
