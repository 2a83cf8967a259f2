package dev.weft.sidecar.discovery;

import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadView;
import dev.weft.sidecar.proxy.ResolvedHost;
import dev.weft.sidecar.proxy.VirtualHostLookup;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.telemetry.WorkerTelemetry;
import io.netty.channel.EventLoop;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One worker's table of hosts, and who waits for what is not in it. Worker thread only; {@link
 * #publish} and {@link #refuse} hop onto it.
 */
final class WorkerHosts implements VirtualHostLookup {
  static final long WAIT_NANOS = Bound.CONFIG_WAIT.value();
  static final int MAX_WAITERS = Bound.CONFIG_WAITERS.intValue();

  private final EventLoop loop;
  private final WorkerTelemetry telemetry;
  private final Demand demand;
  private final Map<String, List<Wait>> waiting = new HashMap<>();
  private HostTable table = HostTable.EMPTY;
  private int waiters;

  /** The control loop's side, called from a worker. */
  interface Demand {
    /** A lower-case authority is wanted. */
    void wanted(String authority);

    /** What is the matter with the control plane, for people. */
    String state();
  }

  WorkerHosts(EventLoop loop, WorkerTelemetry telemetry, Demand demand) {
    this.loop = loop;
    this.telemetry = telemetry;
    this.demand = demand;
  }

  @Override
  public @Nullable ResolvedHost find(HeadView head) {
    return table.find(head.slab(), head.authorityStart(), head.authorityEnd());
  }

  @Override
  public @Nullable ResolvedHost find(String authority) {
    return lookUp(authority);
  }

  @Override
  public @Nullable ResolvedHost find(ByteBuffer authority) {
    return table.find(authority, 0, authority.limit());
  }

  @Override
  public Waiting await(HeadView head, Waiter waiter) {
    return await(head.authority().toLowerCase(Locale.ROOT), waiter);
  }

  @Override
  public Waiting await(String authority, Waiter waiter) {
    var wait = new Wait(authority, waiter);
    if (!Names.isAuthority(authority)) {
      ResolvedHost none =
          ResolvedHost.compile(new VirtualHostConfig(authority, false, List.of(), List.of()));
      loop.execute(() -> wait.resolve(none));
      return wait;
    }
    if (waiters >= MAX_WAITERS) {
      telemetry.count(WorkerCounter.ON_DEMAND_OVERFLOW, Direction.OUTBOUND);
      telemetry.reached(Bound.CONFIG_WAITERS, Direction.OUTBOUND);
      loop.execute(
          () -> wait.fail(Reason.TOO_MANY, waiters + " requests wait for configuration already"));
      return wait;
    }
    telemetry.count(WorkerCounter.ON_DEMAND_WAIT, Direction.OUTBOUND);
    waiters++;
    wait.timer = loop.schedule(wait::timedOut, WAIT_NANOS, TimeUnit.NANOSECONDS);
    List<Wait> others = waiting.get(authority);
    if (others == null) {
      others = new ArrayList<>();
      waiting.put(authority, others);
      demand.wanted(authority);
    }
    others.add(wait);
    return wait;
  }

  /** Any thread: puts a table in force, answers who waited for it, then tells the control loop. */
  void publish(HostTable next, Runnable inForce) {
    loop.execute(
        () -> {
          if (next != table) {
            table = next;
            answer();
          }
          inForce.run();
        });
  }

  /** Any thread: the authority cannot be asked for. */
  void refuse(String authority, String why) {
    loop.execute(
        () -> {
          List<Wait> waits = waiting.remove(authority);
          if (waits != null) {
            for (Wait wait : waits) {
              wait.settle();
              telemetry.count(WorkerCounter.ON_DEMAND_OVERFLOW, Direction.OUTBOUND);
              telemetry.reached(Bound.HOSTS, Direction.OUTBOUND);
              wait.fail(Reason.TOO_MANY, why);
            }
          }
        });
  }

  private void answer() {
    if (waiting.isEmpty()) {
      return;
    }
    var answered = new ArrayList<String>();
    for (String authority : waiting.keySet()) {
      if (lookUp(authority) != null) {
        answered.add(authority);
      }
    }
    for (String authority : answered) {
      ResolvedHost host = lookUp(authority);
      List<Wait> waits = waiting.remove(authority);
      if (host != null && waits != null) {
        for (Wait wait : waits) {
          wait.settle();
          wait.resolve(host);
        }
      }
    }
  }

  private @Nullable ResolvedHost lookUp(String authority) {
    byte[] bytes = authority.getBytes(StandardCharsets.ISO_8859_1);
    return table.find(ByteBuffer.wrap(bytes), 0, bytes.length);
  }

  private final class Wait implements Waiting {
    private final String authority;
    private @Nullable Waiter waiter;
    private @Nullable ScheduledFuture<?> timer;

    Wait(String authority, Waiter waiter) {
      this.authority = authority;
      this.waiter = waiter;
    }

    @Override
    public void cancel() {
      waiter = null;
      if (timer != null) {
        leave();
      }
    }

    void timedOut() {
      leave();
      telemetry.count(WorkerCounter.ON_DEMAND_TIMEOUT, Direction.OUTBOUND);
      telemetry.reached(Bound.CONFIG_WAIT, Direction.OUTBOUND);
      fail(Reason.TIMED_OUT, "no configuration for " + authority + " in time: " + demand.state());
    }

    void resolve(ResolvedHost host) {
      Waiter told = waiter;
      waiter = null;
      if (told != null) {
        told.resolved(host);
      }
    }

    void fail(Reason why, String detail) {
      Waiter told = waiter;
      waiter = null;
      if (told != null) {
        told.unresolved(why, detail);
      }
    }

    // The list is taken out as a whole, or this one of it.
    private void leave() {
      settle();
      List<Wait> others = waiting.get(authority);
      if (others != null && others.remove(this) && others.isEmpty()) {
        waiting.remove(authority);
      }
    }

    private void settle() {
      if (timer != null) {
        timer.cancel(false);
        timer = null;
        waiters--;
      }
    }
  }
}
