package dev.weft.sidecar.cluster;

import dev.weft.sidecar.lb.ClusterLoad;
import dev.weft.sidecar.lb.Policy;
import dev.weft.sidecar.lb.Tried;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's endpoints and their health at one moment. Immutable but for what the calling worker
 * owns; to be asked once, at once: every attempt takes {@link Cluster#picker()} anew.
 *
 * <p>An endpoint that fails active checks is never picked. One that is only ejected is picked when
 * no other is left that this request has not tried: an ejection is a guess, and no answer is a
 * certainty.
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
  private final Policy reserve;
  private final EndpointTracker[] reserveEndpoints;
  private final EndpointTracker[] probes;
  private final Emptiness emptiness;

  Picker(
      ClusterLoad[] loads,
      ClusterCounters counters,
      Policy admitted,
      EndpointTracker[] admittedEndpoints,
      Policy reserve,
      EndpointTracker[] reserveEndpoints,
      EndpointTracker[] probes,
      Emptiness emptiness) {
    this.loads = loads;
    this.counters = counters;
    this.admitted = admitted;
    this.admittedEndpoints = admittedEndpoints;
    this.reserve = reserve;
    this.reserveEndpoints = reserveEndpoints;
    this.probes = probes;
    this.emptiness = emptiness;
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
    return admittedEndpoints.length;
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

  private @Nullable EndpointTracker leastRecentlyTried(int worker, Tried tried) {
    int first = admitted.candidates().leastRecentlyTried(worker, tried);
    int second = reserve.candidates().leastRecentlyTried(worker, tried);
    if (first < 0 || second < 0) {
      return first >= 0 ? admittedEndpoints[first] : second >= 0 ? reserveEndpoints[second] : null;
    }
    EndpointTracker one = admittedEndpoints[first];
    EndpointTracker other = reserveEndpoints[second];
    return tried.lastAttempt(one.load(worker)) < tried.lastAttempt(other.load(worker))
        ? one
        : other;
  }
}
