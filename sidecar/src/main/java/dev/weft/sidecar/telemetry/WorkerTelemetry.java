package dev.weft.sidecar.telemetry;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One worker's counters and its way to the access log. Every method is for the worker's thread only
 * unless it says otherwise; none allocates once a series is there, and the flag of its failure.
 */
@SuppressWarnings("EnumOrdinal") // array slots within one process; never stored
public final class WorkerTelemetry {
  /**
   * Series of requests per worker; what comes after is counted under {@link RequestRecord#NONE}.
   */
  static final int MAX_SERIES = Bound.REQUEST_SERIES.intValue();

  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final Direction[] DIRECTIONS = Direction.values();

  private final @Nullable AccessLog log;
  private final @Nullable AccessLogRing ring;
  private final long[] counters = new long[WorkerCounter.COUNT * DIRECTIONS.length];
  private final long[] bounds = new long[Bound.COUNT * DIRECTIONS.length];
  private final List<Map<String, Map<String, RequestStats>>> byCluster = new ArrayList<>();
  private @Nullable RequestStats last;
  private volatile List<RequestStats> all = List.of();

  WorkerTelemetry(@Nullable AccessLog log) {
    this.log = log;
    this.ring = log == null ? null : log.newRing();
    for (int i = 0; i < DIRECTIONS.length; i++) {
      byCluster.add(new HashMap<>());
    }
  }

  /** A record to be kept and reused by one exchange after the other. */
  public RequestRecord newRecord() {
    return new RequestRecord(ring != null);
  }

  /** Counts a request that is over, and writes its line; the record may be reused at once. */
  public void finished(RequestRecord record, long nanoTime) {
    record.durationNanos = nanoTime - record.startNanos;
    RequestStats stats = stats(record.direction, record.cluster, record.route);
    stats.add(record);
    ended(stats, record);
  }

  /** The same for a relayed connection, which is no request: its bytes count, not its time. */
  public void relayed(RequestRecord record, long nanoTime) {
    record.durationNanos = nanoTime - record.startNanos;
    RequestStats stats = stats(record.direction, record.cluster, record.route);
    stats.addBytes(record);
    ended(stats, record);
  }

  private void ended(RequestStats stats, RequestRecord record) {
    if (!record.flags.isEmpty()) {
      stats.flag(record.flags);
    }
    AccessLogRing to = ring;
    AccessLog writer = log;
    if (to != null && writer != null && to.offer(record)) {
      writer.wake();
    }
  }

  public void count(WorkerCounter counter, Direction direction) {
    counters[index(counter, direction)]++;
  }

  /** Adds to a counter or moves a gauge. */
  public void add(WorkerCounter counter, Direction direction, long delta) {
    counters[index(counter, direction)] += delta;
  }

  /** A bound was reached. */
  public void reached(Bound bound, Direction direction) {
    bounds[bound.ordinal() * DIRECTIONS.length + direction.ordinal()]++;
  }

  /** Drops the request series of every cluster that is not to be kept. */
  public void retainClusters(Predicate<String> keep) {
    boolean changed = false;
    for (Map<String, Map<String, RequestStats>> clusters : byCluster) {
      changed |= clusters.keySet().removeIf(c -> !c.equals(RequestRecord.NONE) && !keep.test(c));
    }
    if (changed) {
      last = null;
      publish();
    }
  }

  /** Any thread. */
  long read(WorkerCounter counter, Direction direction) {
    return (long) LONGS.getOpaque(counters, index(counter, direction));
  }

  /** Any thread. */
  long read(Bound bound, Direction direction) {
    return (long)
        LONGS.getOpaque(bounds, bound.ordinal() * DIRECTIONS.length + direction.ordinal());
  }

  /** Any thread. */
  List<RequestStats> series() {
    return all;
  }

  @SuppressWarnings("ReferenceEquality") // a quick look before the maps, which compare by value
  private RequestStats stats(Direction direction, String cluster, String route) {
    RequestStats recent = last;
    if (recent != null
        && recent.key().cluster() == cluster
        && recent.key().route() == route
        && recent.key().direction() == direction) {
      return recent;
    }
    Map<String, RequestStats> routes = byCluster.get(direction.ordinal()).get(cluster);
    RequestStats found = routes == null ? null : routes.get(route);
    if (found == null) {
      found = create(direction, cluster, route);
    }
    last = found;
    return found;
  }

  private RequestStats create(Direction direction, String cluster, String route) {
    if (all.size() >= MAX_SERIES
        && !(cluster.equals(RequestRecord.NONE) && route.equals(RequestRecord.NONE))) {
      reached(Bound.REQUEST_SERIES, direction);
      return stats(direction, RequestRecord.NONE, RequestRecord.NONE);
    }
    var made = new RequestStats(new SeriesKey(direction, cluster, route));
    byCluster
        .get(direction.ordinal())
        .computeIfAbsent(cluster, c -> new HashMap<>())
        .put(route, made);
    publish();
    return made;
  }

  private void publish() {
    var list = new ArrayList<RequestStats>();
    for (Map<String, Map<String, RequestStats>> clusters : byCluster) {
      for (Map<String, RequestStats> routes : clusters.values()) {
        list.addAll(routes.values());
      }
    }
    all = List.copyOf(list);
  }

  private static int index(WorkerCounter counter, Direction direction) {
    return counter.ordinal() * DIRECTIONS.length + direction.ordinal();
  }
}
