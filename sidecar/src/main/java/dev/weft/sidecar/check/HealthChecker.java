package dev.weft.sidecar.check;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.ClusterSet;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.tls.ClientContexts;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Checks every endpoint of every cluster that configures it: a newcomer at once, then in jittered
 * intervals, and at once when an ejection has ended. A check is a connection of its own. At most
 * {@link #MAX_RUNNING} run at a time; the others wait in the order in which they were due.
 *
 * <p>Runs on the control loop only, driven by {@link #tick()}: its timing is as fine as the ticks.
 */
public final class HealthChecker {
  /** So that a big cluster costs neither a burst of connections nor of memory. */
  public static final int MAX_RUNNING = Bound.CHECKS_RUNNING.intValue();

  private final ClusterSet clusters;
  private final Bootstrap bootstrap;
  private final LongSupplier nanoClock;
  private final RandomGenerator random;
  private final Consumer<Bound> reached;
  private final Map<EndpointTracker, Schedule> schedules = new HashMap<>();
  private final PriorityQueue<Schedule> waiting =
      new PriorityQueue<>((a, b) -> Long.compare(a.sinceStart(), b.sinceStart()));
  private final List<Schedule> running = new ArrayList<>();
  private final long startNanos;
  private @Nullable ClientContexts contexts;
  private int seenChanges;
  private boolean closed;

  /**
   * @param loop the control loop
   * @param channel its kind of socket channel
   * @param nanoClock the one of {@code clusters}
   * @param random jitters the intervals
   * @param reached counts a bound that was reached
   */
  public HealthChecker(
      ClusterSet clusters,
      EventLoop loop,
      Class<? extends Channel> channel,
      LongSupplier nanoClock,
      RandomGenerator random,
      Consumer<Bound> reached) {
    this.clusters = clusters;
    this.reached = reached;
    this.nanoClock = nanoClock;
    this.random = random;
    this.startNanos = nanoClock.getAsLong();
    this.seenChanges = clusters.changes() - 1;
    // No connect timeout of Netty's: a check's own deadline covers it.
    this.bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(channel)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
            .option(ChannelOption.TCP_NODELAY, true);
  }

  /** Checks clusters whose connections are secured over such connections; before the first tick. */
  public void secure(ClientContexts with) {
    contexts = with;
  }

  /** To be called every 100 ms or so: ends what is too late, starts what is due. */
  public void tick() {
    if (closed) {
      return;
    }
    long now = nanoClock.getAsLong();
    if (seenChanges != clusters.changes()) {
      seenChanges = clusters.changes();
      synchronize(now);
    }
    // A result removes its schedule from the list.
    for (Schedule schedule : List.copyOf(running)) {
      schedule.expire(now);
    }
    while (running.size() < MAX_RUNNING) {
      Schedule next = waiting.peek();
      if (next == null || next.dueNanos - now > 0) {
        return;
      }
      waiting.remove();
      next.start(now);
    }
    Schedule next = waiting.peek();
    if (next != null && next.dueNanos - now <= 0) {
      reached.accept(Bound.CHECKS_RUNNING);
    }
  }

  /** Checks under way; for metrics and tests. */
  public int running() {
    return running.size();
  }

  /** Closes what is under way and starts nothing more. */
  public void close() {
    closed = true;
    waiting.clear();
    schedules.clear();
    for (Schedule schedule : List.copyOf(running)) {
      schedule.cancel();
    }
  }

  private void synchronize(long now) {
    var wanted = new HashSet<EndpointTracker>();
    for (Cluster cluster : clusters.all()) {
      HealthCheckConfig config = cluster.config().healthCheck();
      if (config == null) {
        continue;
      }
      for (EndpointTracker endpoint : cluster.endpoints()) {
        wanted.add(endpoint);
        Schedule known = schedules.get(endpoint);
        if (known == null) {
          schedules.put(endpoint, new Schedule(cluster, endpoint, now));
        } else {
          known.notLaterThan(endpoint.awaitsCheck() ? now : now + config.intervalNanos());
        }
      }
    }
    forgetAllBut(wanted);
  }

  private void forgetAllBut(Set<EndpointTracker> wanted) {
    schedules
        .values()
        .removeIf(
            schedule -> {
              if (wanted.contains(schedule.endpoint)) {
                return false;
              }
              schedule.cancel();
              return true;
            });
  }

  /** The checks of one endpoint: either waiting or running. */
  private final class Schedule {
    private final Cluster cluster;
    private final EndpointTracker endpoint;
    private long dueNanos;
    private @Nullable Check check;

    Schedule(Cluster cluster, EndpointTracker endpoint, long dueNanos) {
      this.cluster = cluster;
      this.endpoint = endpoint;
      this.dueNanos = dueNanos;
      waiting.add(this);
    }

    long sinceStart() {
      return dueNanos - startNanos;
    }

    void notLaterThan(long nanos) {
      if (check == null && dueNanos - nanos > 0) {
        waiting.remove(this);
        dueNanos = nanos;
        waiting.add(this);
      }
    }

    void start(long now) {
      HealthCheckConfig config = cluster.config().healthCheck();
      if (config == null) {
        schedules.remove(endpoint);
        return;
      }
      running.add(this);
      long deadline = now + config.timeoutNanos();
      Check started =
          config.grpcService() == null
              ? new HttpCheck(config, deadline, this::onResult)
              : new GrpcCheck(config, deadline, this::onResult);
      check = started;
      started.start(
          bootstrap,
          endpoint.address(),
          hostOf(cluster),
          cluster.config().tls(),
          contexts,
          cluster.config().proxyProtocol());
    }

    void expire(long now) {
      if (check != null && check.expire(now)) {
        reached.accept(Bound.CHECK_TIME);
      }
    }

    void cancel() {
      waiting.remove(this);
      running.remove(this);
      if (check != null) {
        check.cancel();
        check = null;
      }
    }

    private void onResult(String failure) {
      check = null;
      running.remove(this);
      long now = nanoClock.getAsLong();
      HealthCheckConfig config = cluster.config().healthCheck();
      if (config != null) {
        dueNanos = now + jittered(config.intervalNanos());
        waiting.add(this);
        cluster.onCheck(endpoint, failure.isEmpty(), failure, now);
      } else {
        schedules.remove(endpoint);
      }
    }

    /** Nine to eleven tenths. */
    private long jittered(long nanos) {
      long tenth = nanos / 10;
      return nanos - tenth + random.nextLong(1 + 2 * tenth);
    }
  }

  private static String hostOf(Cluster cluster) {
    return cluster.config().service() + "." + cluster.config().namespace();
  }
}
