package dev.weft.sidecar.cluster;

import dev.weft.common.config.ClusterConfig.OutlierConfig;
import dev.weft.common.config.EndpointConfig;
import dev.weft.sidecar.lb.ClusterLoad;
import dev.weft.sidecar.lb.EndpointLoad;
import dev.weft.sidecar.telemetry.Bound;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * One endpoint at run time, the same object as long as id, incarnation and address stay the same.
 * Methods that take a worker's index are called by that worker only; times are of one monotonic
 * clock (the one that was given to {@link ClusterSet}), in nanoseconds.
 *
 * <p>Per attempt a worker calls {@link #onAttempt}, then at most one of {@link #onConnectFailure},
 * {@link #onReset}, {@link #onTimeout}, {@link #onResponse}, {@link #onPeerReply} (none if the
 * caller gave up), then {@link #onAttemptEnd} exactly once.
 */
public final class EndpointTracker {
  /** How long a probe may take before another request may be one. */
  private static final long PROBE_PATIENCE_NANOS = Bound.PROBE_PATIENCE.value();

  /** How long only requests that may be retried are probes. */
  private static final long PROBE_RETRYABLE_NANOS = 2_000_000_000L;

  private final EndpointKey key;
  private final InetSocketAddress address;
  private final String hostAndPort;
  private final WorkerView[] views;
  private final Counters controlCounters = new Counters();
  private final Counters clusterControlCounters;
  private final AtomicLong nextProbeNanos = new AtomicLong();
  private final ActiveHealth activeHealth = new ActiveHealth();
  private final Ejection ejection;
  private int seenEjectRequests;
  private boolean settled;
  private long begunNanos;
  private volatile EndpointConfig config;
  private volatile OutlierConfig outlier;
  private volatile boolean retired;

  EndpointTracker(
      EndpointConfig config,
      OutlierConfig outlier,
      ClusterLoad[] loads,
      ClusterCounters counters,
      RandomGenerator random,
      long nowNanos) {
    this.key = EndpointKey.of(config);
    this.config = config;
    this.outlier = outlier;
    this.address = new InetSocketAddress(InetAddress.ofLiteral(config.address()), config.port());
    this.hostAndPort = config.address() + ":" + config.port();
    this.clusterControlCounters = counters.control();
    this.views = new WorkerView[loads.length];
    for (int i = 0; i < loads.length; i++) {
      views[i] = new WorkerView(new EndpointLoad(loads[i]), counters.worker(i), nowNanos);
    }
    this.ejection = new Ejection(random, nowNanos);
    this.begunNanos = nowNanos;
  }

  @Override
  public String toString() {
    return key.id() + " (" + key.address() + ":" + key.port() + ")";
  }

  // ---- any thread

  /** The newest configuration of this endpoint. */
  public EndpointConfig config() {
    return config;
  }

  public String id() {
    return key.id();
  }

  public InetSocketAddress address() {
    return address;
  }

  /** Address and port as text, e.g. for the access log; always the same object. */
  public String hostAndPort() {
    return hostAndPort;
  }

  /** No longer part of its cluster: its pooled connections are to be closed when they are idle. */
  public boolean retired() {
    return retired;
  }

  /** The sum over all workers and the control loop. */
  public long total(Stat stat) {
    long sum = controlCounters.read(stat);
    for (WorkerView view : views) {
      sum += view.counters.read(stat);
    }
    return sum;
  }

  Map<Stat, Long> totals() {
    var totals = new EnumMap<Stat, Long>(Stat.class);
    for (Stat stat : Stat.values()) {
      totals.put(stat, total(stat));
    }
    return totals;
  }

  // ---- the worker of that index

  /** A request is sent here, or will be as soon as there is a connection. */
  public void onAttempt(int worker) {
    WorkerView view = views[worker];
    view.count(Stat.RQ_TOTAL);
    view.load.begin();
  }

  /** The attempt is over, body included, however it ended. */
  public void onAttemptEnd(int worker) {
    views[worker].load.end();
  }

  /** A connection was opened. */
  public void onConnect(int worker) {
    views[worker].count(Stat.CX_TOTAL);
  }

  /** A connection was refused, or not there in time. Others are preferred from now on. */
  public void onConnectFailure(int worker, long nowNanos) {
    WorkerView view = views[worker];
    view.count(Stat.CX_CONNECT_FAIL);
    view.refused(outlier.consecutiveFailures(), nowNanos);
  }

  /**
   * The connection ended, or nonsense came, before the head of a response. Not to be reported for a
   * kept-alive connection that the peer closed before it had read anything of the request.
   */
  public void onReset(int worker, long nowNanos) {
    WorkerView view = views[worker];
    view.count(Stat.RQ_RESET);
    view.failed(0, outlier.consecutiveFailures(), nowNanos);
  }

  /**
   * No response head in time.
   *
   * @param waitedNanos how long it was waited for
   */
  public void onTimeout(int worker, long waitedNanos, long nowNanos) {
    WorkerView view = views[worker];
    view.count(Stat.RQ_TIMEOUT);
    view.failed(waitedNanos, outlier.consecutiveFailures(), nowNanos);
  }

  /**
   * The final head of a response came that is the application's own (or whose sender is unknown).
   * 502, 503 and 504 count against the endpoint, everything else for it.
   *
   * @param latencyNanos from the attempt's begin to that head
   */
  public void onResponse(int worker, int status, long latencyNanos, long nowNanos) {
    WorkerView view = views[worker];
    if (status >= 502 && status <= 504) {
      view.count(Stat.RQ_FAILED);
      view.failed(latencyNanos, outlier.consecutiveFailures(), nowNanos);
    } else {
      view.count(Stat.RQ_SUCCESS);
      view.served(latencyNanos, status < 500, nowNanos);
    }
  }

  /**
   * The peer's sidecar has answered itself, and said so in the hop header.
   *
   * @param atFault it blames itself or its application, so that another endpoint may do better;
   *     false (the request was bad, or refused by policy): neither for nor against the endpoint
   */
  public void onPeerReply(int worker, boolean atFault, long latencyNanos, long nowNanos) {
    WorkerView view = views[worker];
    if (atFault) {
      view.count(Stat.RQ_FAILED);
      view.failed(latencyNanos, outlier.consecutiveFailures(), nowNanos);
    } else {
      view.count(Stat.RQ_SUCCESS);
    }
  }

  /** Whether this request may be the one that finds out if the endpoint has recovered. */
  boolean tryProbe(boolean retryable, long nowNanos) {
    long next = nextProbeNanos.get();
    if (nowNanos - next < (retryable ? 0 : PROBE_RETRYABLE_NANOS)) {
      return false;
    }
    return nextProbeNanos.compareAndSet(next, nowNanos + PROBE_PATIENCE_NANOS);
  }

  EndpointLoad load(int worker) {
    return views[worker].load;
  }

  // ---- the control loop

  EndpointKey key() {
    return key;
  }

  /** Its ejection has ended, and the next active check decides. */
  public boolean awaitsCheck() {
    return ejection.state() == Ejection.State.PROBING;
  }

  void update(EndpointConfig newConfig, OutlierConfig newOutlier) {
    config = newConfig;
    outlier = newOutlier;
  }

  void retire() {
    retired = true;
  }

  void count(Stat stat) {
    controlCounters.add(stat);
    clusterControlCounters.add(stat);
  }

  ActiveHealth activeHealth() {
    return activeHealth;
  }

  Ejection ejection() {
    return ejection;
  }

  OutlierConfig outlier() {
    return outlier;
  }

  /** Whether any worker has asked for an ejection since this was called last. */
  boolean takeEjectRequest() {
    int sum = 0;
    for (WorkerView view : views) {
      sum += view.ejectRequests();
    }
    boolean asked = sum != seenEjectRequests;
    seenEjectRequests = sum;
    return asked;
  }

  /** Whether any worker was served well by a request that it began after that time. */
  boolean servedSince(long sinceNanos) {
    for (WorkerView view : views) {
      if (view.servedAtNanos() - sinceNanos > 0) {
        return true;
      }
    }
    return false;
  }

  boolean failedSince(long sinceNanos) {
    for (WorkerView view : views) {
      if (view.failedAtNanos() - sinceNanos > 0) {
        return true;
      }
    }
    return false;
  }

  /** The next request that looks may be a probe. */
  void allowProbe(long nowNanos) {
    nextProbeNanos.set(nowNanos);
  }

  /** It was there before we looked: for a slow start it is too late. */
  void settled() {
    settled = true;
  }

  /** How long it has taken requests; a long time if it did before we looked. */
  long ageNanos(long nowNanos) {
    return settled ? Long.MAX_VALUE : nowNanos - begunNanos;
  }

  /** Starts anew, as a newcomer of average cost, avoided by nobody. */
  void begin(long nowNanos) {
    settled = false;
    begunNanos = nowNanos;
    for (WorkerView view : views) {
      view.load.forget();
    }
  }

  /** Attempts under way, over all workers; any thread. */
  public int inflight() {
    int sum = 0;
    for (WorkerView view : views) {
      sum += view.load.inflight();
    }
    return sum;
  }

  /** The workers' mean, or -1 if none knows anything. */
  long displayLatencyNanos() {
    double sum = 0;
    int known = 0;
    for (WorkerView view : views) {
      double latency = view.load.displayLatencyNanos();
      if (latency >= 0) {
        sum += latency;
        known++;
      }
    }
    return known == 0 ? -1 : Math.round(sum / known);
  }
}
