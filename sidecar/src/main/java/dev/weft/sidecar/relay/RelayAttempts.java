package dev.weft.sidecar.relay;

import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RetryConfig.RetryOn;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.cluster.Picker;
import dev.weft.sidecar.cluster.Stat;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.lb.Tried;
import dev.weft.sidecar.proxyprotocol.CallerAddress;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.RequestRecord;
import dev.weft.sidecar.telemetry.WorkerCounter;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ConnectTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * How one relay gets to an endpoint: one attempt after the other, as the retry policy says. Worker
 * thread only.
 */
final class RelayAttempts {
  private final Relay relay;
  private final Relays relays;
  private final RequestRecord record;
  private final Tried tried = new Tried();
  private @Nullable Cluster cluster;
  private @Nullable EndpointTracker endpoint;
  private RetryConfig retry = RetryConfig.NEVER;
  private int count;
  private boolean underWay;
  private long since;

  RelayAttempts(Relay relay, Relays relays, RequestRecord record) {
    this.relay = relay;
    this.relays = relays;
    this.record = record;
  }

  int count() {
    return count;
  }

  void begin(Cluster to, RetryConfig policy) {
    cluster = to;
    retry = policy;
    attempt(to);
  }

  private void attempt(Cluster to) {
    count++;
    long now = relays.nanoClock.getAsLong();
    Picker picker = to.picker();
    if (picker.byClient()) {
      picker.tellClient(tried, CallerAddress.source(relay.caller()));
    }
    EndpointTracker picked = picker.pick(relays.worker, now, tried, retry.attempts() > 0);
    if (picked == null) {
      relay.refuse(Failure.NO_HEALTHY_ENDPOINT, to.name() + " has no healthy endpoint");
      return;
    }
    if (!to.connections().tryAcquire()) {
      to.count(relays.worker, Stat.CX_OVERFLOW);
      relays.count(WorkerCounter.UPSTREAM_CX_OVERFLOW);
      relays.reached(
          relays.direction == Direction.INBOUND
              ? Bound.APP_CONNECTIONS
              : Bound.CLUSTER_CONNECTIONS);
      relay.refuse(
          Failure.UPSTREAM_OVERFLOW,
          "all " + to.connections().max() + " connections to " + to.name() + " are in use");
      return;
    }
    endpoint = picked;
    underWay = true;
    since = now;
    picked.onAttempt(relays.worker);
    record.upstreamHost(picked.hostAndPort());
    RelayEnd end = relay.newUp();
    relays
        .connect(to, picked, end, relay.caller())
        .addListener((ChannelFutureListener) future -> onConnect(to, picked, end, future));
  }

  private void onConnect(Cluster to, EndpointTracker picked, RelayEnd end, ChannelFuture future) {
    if (!future.isSuccess()) {
      to.connections().release();
      if (relay.awaits(end)) {
        connectFailed(picked, future.cause());
      }
      return;
    }
    relays.count(WorkerCounter.UPSTREAM_CX_TOTAL);
    relays.add(WorkerCounter.UPSTREAM_CX_ACTIVE, 1);
    picked.onConnect(relays.worker);
    future
        .channel()
        .closeFuture()
        .addListener(
            closed -> {
              relays.add(WorkerCounter.UPSTREAM_CX_ACTIVE, -1);
              to.connections().release();
            });
    if (relay.awaits(end)) {
      relay.connected(end);
    } else {
      future.channel().close();
    }
  }

  private void connectFailed(EndpointTracker failed, Throwable cause) {
    boolean timeout = cause instanceof ConnectTimeoutException;
    relays.count(
        timeout
            ? WorkerCounter.UPSTREAM_CX_CONNECT_TIMEOUT
            : WorkerCounter.UPSTREAM_CX_CONNECT_FAIL);
    failed.onConnectFailure(relays.worker, relays.nanoClock.getAsLong());
    relay.parted();
    if (!again()) {
      relay.refuse(
          timeout ? Failure.CONNECT_TIMEOUT : Failure.CONNECT_FAILED,
          "connecting to " + failed + " failed: " + cause.getMessage());
    }
  }

  /** Ends the attempt and makes another one; false when the policy allows none. */
  boolean again() {
    end();
    Cluster to = cluster;
    if (to == null || count > retry.attempts() || !retry.on().contains(RetryOn.CONNECT_FAILURE)) {
      return false;
    }
    relays.count(WorkerCounter.TCP_CONNECT_RETRY);
    attempt(to);
    return true;
  }

  /** The endpoint has said something. */
  void answered() {
    EndpointTracker from = endpoint;
    if (from != null) {
      long now = relays.nanoClock.getAsLong();
      from.onResponse(relays.worker, 200, now - since, now);
    }
  }

  /** The endpoint has cut the connection before it said anything. */
  void cut() {
    EndpointTracker from = endpoint;
    if (from != null) {
      from.onReset(relays.worker, relays.nanoClock.getAsLong());
    }
  }

  /** The attempt is over, if one is under way. */
  void end() {
    EndpointTracker from = endpoint;
    if (underWay && from != null) {
      underWay = false;
      from.onAttemptEnd(relays.worker);
    }
  }
}
