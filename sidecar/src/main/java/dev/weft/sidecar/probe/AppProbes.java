package dev.weft.sidecar.probe;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.sidecar.check.Check;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries the application's probes out as the kubelet would: against the pod's address, with the
 * probe's own timeout, one connection each, at most {@link Bound#APP_PROBES} at a time. Control
 * loop only.
 */
public final class AppProbes {
  private static final int FAILED = 503;
  private static final int MAX_RUNNING = Bound.APP_PROBES.intValue();

  private final Map<String, ProbeSpec> probes;
  private final String podAddress;
  private final EventLoop loop;
  private final Class<? extends Channel> channel;
  private final LongSupplier nanoClock;
  private final Consumer<Bound> reached;
  private int running;

  /** Where a result goes: once, on the control loop. */
  @FunctionalInterface
  public interface Result {
    /**
     * What came of it.
     *
     * @param status what the application has answered, or 200, 503 and 504 in its place
     */
    void tell(int status, String text);
  }

  /**
   * @param loop the control loop
   * @param channel its kind of socket channel
   * @param reached counts a bound that was reached
   */
  public AppProbes(
      Map<String, ProbeSpec> probes,
      String podAddress,
      EventLoop loop,
      Class<? extends Channel> channel,
      LongSupplier nanoClock,
      Consumer<Bound> reached) {
    this.probes = Map.copyOf(probes);
    this.podAddress = podAddress;
    this.loop = loop;
    this.channel = channel;
    this.nanoClock = nanoClock;
    this.reached = reached;
  }

  /** Carries out the probe of that name. */
  public void run(String name, Result result) {
    ProbeSpec probe = probes.get(name);
    if (probe == null) {
      result.tell(404, "no probe has the name " + name);
      return;
    }
    if (running >= MAX_RUNNING) {
      reached.accept(Bound.APP_PROBES);
      result.tell(FAILED, "all " + MAX_RUNNING + " probes are under way");
      return;
    }
    running++;
    Result once =
        (status, text) -> {
          running--;
          result.tell(status, text);
        };
    if (probe.kind() == ProbeSpec.Kind.GRPC) {
      grpc(probe, once);
    } else {
      aside(probe, once);
    }
  }

  // HTTP and TCP by the JDK's sockets, which block: what a probe may ask for (headers, TLS that is
  // not verified, redirects) is no more than a few lines so, and runs every few seconds.
  private void aside(ProbeSpec probe, Result result) {
    var thread =
        new Thread(
            null,
            () -> {
              ProbeCall.Answer answer = ProbeCall.run(probe, podAddress);
              loop.execute(() -> tell(answer, result));
            },
            "weft-probe",
            0,
            false);
    thread.setDaemon(true);
    thread.start();
  }

  private void tell(ProbeCall.Answer answer, Result result) {
    if (answer.status() == ProbeCall.LATE) {
      reached.accept(Bound.APP_PROBE_TIME);
    }
    result.tell(answer.status(), answer.text());
  }

  private void grpc(ProbeSpec probe, Result result) {
    long timeout = TimeUnit.SECONDS.toNanos(probe.timeoutSeconds());
    var config = new HealthCheckConfig(null, List.of(), 0, timeout, 1, 1, probe.service());
    var waking = new Waking();
    Check check =
        Check.grpc(
            config,
            nanoClock.getAsLong() + timeout,
            failure -> {
              waking.cancel();
              int status = failure.isEmpty() ? 200 : waking.late ? ProbeCall.LATE : FAILED;
              result.tell(status, failure.isEmpty() ? "SERVING" : failure);
            });
    check.start(
        new Bootstrap()
            .group(loop)
            .channel(channel)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
            .option(ChannelOption.TCP_NODELAY, true),
        new InetSocketAddress(podAddress, probe.port()),
        ProbeCall.hostAndPort(podAddress, probe.port()));
    waking.at(
        loop.schedule(
            () -> {
              waking.late = true;
              if (check.expire(nanoClock.getAsLong())) {
                reached.accept(Bound.APP_PROBE_TIME);
              }
            },
            timeout,
            TimeUnit.NANOSECONDS));
  }

  /** The timer of a check, which may be over before there is one. */
  private static final class Waking {
    private io.netty.util.concurrent.@Nullable ScheduledFuture<?> timer;
    private boolean cancelled;
    boolean late;

    void at(io.netty.util.concurrent.ScheduledFuture<?> when) {
      timer = when;
      if (cancelled) {
        when.cancel(false);
      }
    }

    void cancel() {
      cancelled = true;
      if (timer != null) {
        timer.cancel(false);
      }
    }
  }
}
