package dev.weft.sidecar.cluster;

import dev.weft.sidecar.lb.ClusterLoad;
import dev.weft.sidecar.lb.Policy;
import dev.weft.sidecar.lb.Tried;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's endpoints and their health at one moment. Immutable but for what the calling worker
 * owns; to be asked once, at once: every attempt takes {@link Cluster#picker()} anew.
 *
 * <p>An endpoint that fails active checks is never picked. One that is only ejected is picked when
 * no other is left that this request has not tried: an ejection is a guess, and no answer is a
 * certainty. Where some are preferred for where they run, the others stand between the two: they
 * are picked when every preferred one has been tried by this request, or is to be avoided now.
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

  private final ClusterLoad[] loads;
  private final ClusterCounters counters;
  private final Policy admitted;
  private final EndpointTracker[] admittedEndpoints;
  private final @Nullable Elsewhere elsewhere;
  private final Policy reserve;
  private final EndpointTracker[] reserveEndpoints;
  private final EndpointTracker[] probes;
  private final Emptiness emptiness;
  private final long ownClient;

  /** Healthy ones that are not preferred, while there are healthy ones that are. */
  static final class Elsewhere {
    private final ClusterLoad[] rotations;
    private final Policy policy;
    private final EndpointTracker[] endpoints;

    /**
     * @param rotations by worker, not those of the preferred: a pick may turn both
     */
    Elsewhere(ClusterLoad[] rotations, Policy policy, EndpointTracker[] endpoints) {
      this.rotations = rotations;
      this.policy = policy;
      this.endpoints = endpoints;
    }
  }

  /**
   * @param elsewhere null: nobody is preferred
   * @param ownClient who a client is whose address is of this machine alone; 0: it does not matter
   *     who calls
   */
  Picker(
      ClusterLoad[] loads,
      ClusterCounters counters,
      Policy admitted,
      EndpointTracker[] admittedEndpoints,
      @Nullable Elsewhere elsewhere,
      Policy reserve,
      EndpointTracker[] reserveEndpoints,
      EndpointTracker[] probes,
      Emptiness emptiness,
      long ownClient) {
    this.loads = loads;
    this.counters = counters;
    this.admitted = admitted;
    this.admittedEndpoints = admittedEndpoints;
    this.elsewhere = elsewhere;
    this.reserve = reserve;
    this.reserveEndpoints = reserveEndpoints;
    this.probes = probes;
    this.emptiness = emptiness;
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

  int admittedCount() {
    return admittedEndpoints.length + (elsewhere == null ? 0 : elsewhere.endpoints.length);
  }

  /** How many are preferred, where some are; else -1. */
  int preferredCount() {
    return elsewhere == null ? -1 : admittedEndpoints.length;
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
    int index = admitted.pick(loads[worker], nowNanos, tried);
    if (elsewhere != null
        && (index < 0 || admitted.candidates().avoided(worker, index, nowNanos))) {
      EndpointTracker other = pickElsewhere(elsewhere, worker, nowNanos, tried, index < 0);
      if (other != null) {
        return other;
      }
    }
    if (index >= 0) {
      return admittedEndpoints[index];
    }
    index = reserve.pick(loads[worker], nowNanos, tried);
    if (index >= 0) {
      counters.worker(worker).add(Stat.RQ_PANIC);
      return reserveEndpoints[index];
    }
    return leastRecentlyTried(worker, tried);
  }

  /**
   * @param any whether one that is to be avoided now will do
   */
  private @Nullable EndpointTracker pickElsewhere(
      Elsewhere from, int worker, long nowNanos, Tried tried, boolean any) {
    int index = from.policy.pick(from.rotations[worker], nowNanos, tried);
    return index >= 0 && (any || !from.policy.candidates().avoided(worker, index, nowNanos))
        ? from.endpoints[index]
        : null;
  }

  private @Nullable EndpointTracker leastRecentlyTried(int worker, Tried tried) {
    EndpointTracker least = earlier(null, admitted, admittedEndpoints, worker, tried);
    if (elsewhere != null) {
      least = earlier(least, elsewhere.policy, elsewhere.endpoints, worker, tried);
    }
    return earlier(least, reserve, reserveEndpoints, worker, tried);
  }

  private static @Nullable EndpointTracker earlier(
      @Nullable EndpointTracker known,
      Policy policy,
      EndpointTracker[] endpoints,
      int worker,
      Tried tried) {
    int index = policy.candidates().leastRecentlyTried(worker, tried);
    if (index < 0) {
      return known;
    }
    EndpointTracker found = endpoints[index];
    return known != null
            && tried.lastAttempt(known.load(worker)) < tried.lastAttempt(found.load(worker))
        ? known
        : found;
  }
}
