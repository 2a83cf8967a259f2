package dev.weft.sidecar.cluster;

import dev.weft.sidecar.lb.EndpointLoad;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One worker's account of one endpoint. The worker writes plain fields; the control loop reads them
 * opaquely when it folds.
 */
final class WorkerView {
  /**
   * How long a worker prefers others after a refused connection; doubles with every further one.
   */
  private static final long CONNECT_AVOID_NANOS = 100_000_000L;

  private static final int MAX_DOUBLINGS = 5;

  /** How long it prefers others once it has asked for an ejection: the fold comes well before. */
  private static final long EJECT_AVOID_NANOS = 500_000_000L;

  private static final VarHandle EJECT_REQUESTS;
  private static final VarHandle SERVED_AT;
  private static final VarHandle FAILED_AT;

  static {
    try {
      var lookup = MethodHandles.lookup();
      EJECT_REQUESTS = lookup.findVarHandle(WorkerView.class, "ejectRequests", int.class);
      SERVED_AT = lookup.findVarHandle(WorkerView.class, "servedAtNanos", long.class);
      FAILED_AT = lookup.findVarHandle(WorkerView.class, "failedAtNanos", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final EndpointLoad load;
  final Counters counters = new Counters();
  private final Counters clusterCounters;
  private int consecutiveFailures;
  private int consecutiveConnectFailures;

  @SuppressWarnings("UnusedVariable") // read through its VarHandle
  private int ejectRequests;

  private long servedAtNanos;

  @SuppressWarnings("UnusedVariable") // read through its VarHandle
  private long failedAtNanos;

  WorkerView(EndpointLoad load, Counters clusterCounters, long nowNanos) {
    this.load = load;
    this.clusterCounters = clusterCounters;
    this.servedAtNanos = nowNanos;
    this.failedAtNanos = nowNanos;
  }

  void count(Stat stat) {
    counters.add(stat);
    clusterCounters.add(stat);
  }

  /**
   * @param quickIsGood false: an error of the application's own, which says that the endpoint is
   *     there, but being quick with it must not attract more
   */
  void served(long latencyNanos, boolean quickIsGood, long nowNanos) {
    consecutiveFailures = 0;
    consecutiveConnectFailures = 0;
    load.trust();
    if (quickIsGood) {
      load.observe(latencyNanos, nowNanos);
    } else {
      load.observeFailure(latencyNanos, nowNanos);
    }
    long begun = nowNanos - latencyNanos;
    if (begun - servedAtNanos > 0) {
      servedAtNanos = begun;
    }
  }

  void refused(int threshold, long nowNanos) {
    load.avoid(
        CONNECT_AVOID_NANOS << Math.min(consecutiveConnectFailures, MAX_DOUBLINGS), nowNanos);
    consecutiveConnectFailures++;
    failed(0, threshold, nowNanos);
  }

  void failed(long latencyNanos, int threshold, long nowNanos) {
    failedAtNanos = nowNanos;
    load.observeFailure(latencyNanos, nowNanos);
    consecutiveFailures++;
    if (threshold > 0 && consecutiveFailures >= threshold) {
      consecutiveFailures = 0;
      ejectRequests++;
      load.avoid(EJECT_AVOID_NANOS, nowNanos);
    }
  }

  /** Control loop: how often this worker has asked for an ejection. */
  int ejectRequests() {
    return (int) EJECT_REQUESTS.getOpaque(this);
  }

  /** Control loop: when the newest request began that was served well. */
  long servedAtNanos() {
    return (long) SERVED_AT.getOpaque(this);
  }

  /** Control loop: when the last failure was seen. */
  long failedAtNanos() {
    return (long) FAILED_AT.getOpaque(this);
  }
}
