package dev.weft.sidecar.registration;

import dev.weft.common.config.ClusterConfig.HealthCheckConfig;
import dev.weft.sidecar.check.Check;
import dev.weft.sidecar.check.HttpCheck;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks the application whether it can serve: at once, then in intervals, more often while it
 * cannot. A refused connection counts at once; anything else (late, a bad status) when it happens
 * twice in a row. Control loop only.
 */
public final class AppProbe {
  private static final long INTERVAL_MILLIS = 1000;
  private static final long UNREADY_INTERVAL_MILLIS = 200;
  private static final long TIMEOUT_NANOS = Bound.PROBE_TIME.value();
  private static final int FAILURES_UNTIL_UNREADY = 2;

  private final InetSocketAddress address;
  private final HealthCheckConfig config;
  private final EventLoop loop;
  private final Bootstrap bootstrap;
  private final LongSupplier nanoClock;
  private final Listener listener;
  private final Consumer<Bound> reached;
  private boolean ready;
  private String reason = "the application was not probed yet";
  private int failures;
  private @Nullable Check check;
  private io.netty.util.concurrent.@Nullable Future<?> next;
  private boolean closed;

  /** Told on the control loop. */
  public interface Listener {
    /**
     * @param reason why it is not ready; empty when it is
     */
    void onAppReadiness(boolean ready, String reason);
  }

  /**
   * @param httpPath asked with GET, 200 to 299 is good; null: a TCP connect is enough
   */
  public AppProbe(
      InetSocketAddress address,
      @Nullable String httpPath,
      EventLoop loop,
      Class<? extends Channel> channelType,
      LongSupplier nanoClock,
      Listener listener,
      Consumer<Bound> reached) {
    this.reached = reached;
    this.address = address;
    this.config =
        new HealthCheckConfig(
            httpPath, List.of(), INTERVAL_MILLIS * 1_000_000, TIMEOUT_NANOS, 1, 1, null);
    this.loop = loop;
    this.nanoClock = nanoClock;
    this.listener = listener;
    this.bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(channelType)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
            .option(ChannelOption.TCP_NODELAY, true);
  }

  public boolean ready() {
    return ready;
  }

  /** Why it is not ready; empty when it is. */
  public String reason() {
    return reason;
  }

  /** Probes now: to begin with, or because a request has met a refused connection. */
  public void probe() {
    if (closed || check != null) {
      return;
    }
    if (next != null) {
      next.cancel(false);
      next = null;
    }
    long deadline = nanoClock.getAsLong() + TIMEOUT_NANOS;
    Check started = new HttpCheck(config, deadline, this::onResult);
    check = started;
    next =
        loop.schedule(
            () -> {
              if (started.expire(nanoClock.getAsLong())) {
                reached.accept(Bound.PROBE_TIME);
              }
            },
            TIMEOUT_NANOS + 1_000_000,
            TimeUnit.NANOSECONDS);
    started.start(bootstrap, address, address.getHostString() + ":" + address.getPort());
  }

  public void close() {
    closed = true;
    if (next != null) {
      next.cancel(false);
    }
    if (check != null) {
      check.cancel();
    }
  }

  private void onResult(String failure) {
    check = null;
    if (next != null) {
      next.cancel(false);
    }
    failures = failure.isEmpty() ? 0 : failures + 1;
    boolean refused = failure.startsWith("connect:");
    if (failure.isEmpty()) {
      set(true, "");
    } else if (!ready || refused || failures >= FAILURES_UNTIL_UNREADY) {
      set(false, "the application at " + text(address) + " does not answer: " + failure);
    }
    if (!closed) {
      next =
          loop.schedule(
              this::probe,
              ready ? INTERVAL_MILLIS : UNREADY_INTERVAL_MILLIS,
              TimeUnit.MILLISECONDS);
    }
  }

  private void set(boolean nowReady, String nowReason) {
    boolean changed = nowReady != ready;
    ready = nowReady;
    reason = nowReason;
    if (changed) {
      listener.onAppReadiness(nowReady, nowReason);
    }
  }

  private static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }
}
