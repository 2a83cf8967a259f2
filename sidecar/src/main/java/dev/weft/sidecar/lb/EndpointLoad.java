package dev.weft.sidecar.lb;

/**
 * What one worker knows of one endpoint: its requests under way, its latency, and until when it had
 * better not be asked. Plain fields, owned by that worker; only {@link #forget()} may be called by
 * the control loop.
 *
 * <p>The latency is a peak-sensitive moving average: it jumps to a higher observation at once and
 * comes down over {@link #DECAY_NANOS}. While nothing is observed it drifts to the average of the
 * cluster, not to zero: an endpoint that was slow is tried again among equals, and nobody herds to
 * it. An endpoint of which nothing is known costs the average.
 */
public final class EndpointLoad {
  /** The time after which an old observation counts for 1/e. */
  public static final long DECAY_NANOS = 3_000_000_000L;

  /** Below this age the decay is left out: it would change less than 1%. */
  private static final long FRESH_NANOS = DECAY_NANOS / 128;

  private static final double UNKNOWN = -1;

  private final ClusterLoad cluster;
  private double ewmaNanos = UNKNOWN;
  private long stampNanos;
  private int inflight;
  private boolean avoided;
  private long avoidUntilNanos;
  private int epoch;
  private int wantedEpoch;

  public EndpointLoad(ClusterLoad cluster) {
    this.cluster = cluster;
  }

  /** A request goes to this endpoint. */
  public void begin() {
    inflight++;
  }

  /** That request is over, however it ended. */
  public void end() {
    inflight--;
  }

  /** Requests of this worker under way; another thread may see a value that is a little old. */
  public int inflight() {
    return inflight;
  }

  /** A good answer's head came after this time. */
  public void observe(long latencyNanos, long nowNanos) {
    renew();
    double latency = latencyNanos;
    double known = latencyNanos(nowNanos);
    if (ewmaNanos < 0 || latency >= known) {
      ewmaNanos = latency;
    } else {
      double keep = keep(nowNanos - stampNanos);
      ewmaNanos = ewmaNanos * keep + latency * (1 - keep);
    }
    stampNanos = nowNanos;
    cluster.observe(ewmaNanos);
  }

  /**
   * A failure after this time: a quick one must not look like a quick answer, so it only raises.
   */
  public void observeFailure(long latencyNanos, long nowNanos) {
    renew();
    if (ewmaNanos >= 0 && latencyNanos > latencyNanos(nowNanos)) {
      ewmaNanos = latencyNanos;
      stampNanos = nowNanos;
    }
  }

  /** Others are preferred for this long, whatever the policy; this one is taken if none is left. */
  public void avoid(long durationNanos, long nowNanos) {
    renew();
    long until = nowNanos + durationNanos;
    if (!avoided || until - avoidUntilNanos > 0) {
      avoided = true;
      avoidUntilNanos = until;
    }
  }

  /** It has proven that it works. */
  public void trust() {
    avoided = false;
  }

  /** Control loop: latency and avoidance are forgotten as soon as the worker looks next. */
  public void forget() {
    wantedEpoch++;
  }

  boolean avoided(long nowNanos) {
    renew();
    if (avoided && avoidUntilNanos - nowNanos <= 0) {
      avoided = false;
    }
    return avoided;
  }

  long avoidUntilNanos() {
    return avoidUntilNanos;
  }

  /** Expected latency; the cluster's average if nothing is known. */
  double latencyNanos(long nowNanos) {
    double average = cluster.averageNanos();
    if (ewmaNanos < 0) {
      return average;
    }
    long age = nowNanos - stampNanos;
    return age < FRESH_NANOS ? ewmaNanos : average + (ewmaNanos - average) * keep(age);
  }

  /**
   * The cost of sending one more request here.
   *
   * @param inverseWeight the mean weight over this endpoint's: a heavy one may carry more at once
   */
  double cost(long nowNanos, double inverseWeight) {
    // A nanosecond more, so that requests under way count even before anything was observed.
    return (latencyNanos(nowNanos) + 1) * (inflight * inverseWeight + 1);
  }

  /** For display, from any thread: the moving average, or -1 if nothing is known. */
  public double displayLatencyNanos() {
    return epoch == wantedEpoch ? ewmaNanos : UNKNOWN;
  }

  private void renew() {
    if (epoch != wantedEpoch) {
      epoch = wantedEpoch;
      ewmaNanos = UNKNOWN;
      avoided = false;
    }
  }

  private static double keep(long ageNanos) {
    return ageNanos <= 0 ? 1 : Math.exp(-(double) ageNanos / DECAY_NANOS);
  }
}
