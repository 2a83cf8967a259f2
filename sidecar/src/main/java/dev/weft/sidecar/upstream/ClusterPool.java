package dev.weft.sidecar.upstream;

import dev.weft.common.config.ClusterConfig;
import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.cluster.Stat;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.UpstreamStream;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.WorkerCounter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One worker's connections to one cluster: a pool per endpoint, and the calls that wait because the
 * cluster's process-wide limit on connections is reached. Worker thread only.
 */
final class ClusterPool {
  final Upstream upstream;
  final Cluster cluster;
  final RetryBudget budget;

  private final Map<EndpointTracker, EndpointPool> pools = new HashMap<>();
  private final List<EndpointPool> leaving = new ArrayList<>();
  private final ArrayDeque<UpstreamCall> waiting = new ArrayDeque<>();
  private @Nullable UpstreamTlsConfig tls;
  private ProxyProtocol header;

  ClusterPool(Upstream upstream, Cluster cluster) {
    this.upstream = upstream;
    this.cluster = cluster;
    this.budget = new RetryBudget(upstream.nanoClock.getAsLong());
    this.tls = cluster.config().tls();
    this.header = cluster.config().proxyProtocol();
  }

  /**
   * Gives the call a stream, at once or later, or a failure.
   *
   * @param fresh whether kept HTTP/1.1 connections are not trusted
   */
  void acquire(UpstreamCall call, EndpointTracker endpoint, boolean http2, boolean fresh) {
    EndpointPool pool = pool(endpoint);
    call.upstreamHost(pool.hostAndPort);
    UpstreamStream kept = http2 ? pool.openStream() : fresh ? null : pool.takeIdle();
    if (kept != null) {
      // Not from within what its caller has just sent, with whose end it would be flushed.
      boolean late = call.attemptCount() > 1;
      call.onStream(kept, late);
    } else if (!(http2 && pool.join(call))) {
      connect(call, pool, http2);
    }
  }

  private void connect(UpstreamCall call, EndpointPool pool, boolean http2) {
    if (cluster.connections().tryAcquire()) {
      pool.connect(call, http2);
    } else if (cluster.pendingRequests().tryAcquire()) {
      cluster.count(upstream.worker, Stat.CX_OVERFLOW);
      upstream.reached(Bound.CLUSTER_CONNECTIONS, Bound.APP_CONNECTIONS);
      waiting.add(call);
      makeRoom();
    } else {
      cluster.count(upstream.worker, Stat.RQ_OVERFLOW);
      upstream.reached(Bound.CLUSTER_PENDING, Bound.APP_PENDING);
      upstream.count(WorkerCounter.UPSTREAM_RQ_PENDING_OVERFLOW);
      call.onNoConnection(
          Failure.UPSTREAM_OVERFLOW,
          "all "
              + cluster.connections().max()
              + " connections to "
              + cluster.name()
              + " are in use and "
              + cluster.pendingRequests().max()
              + " requests wait for one");
    }
  }

  /** How new connections are secured; null: not at all. */
  @Nullable UpstreamTlsConfig tls() {
    return tls;
  }

  /** The header with which new connections begin. */
  ProxyProtocol header() {
    return header;
  }

  /** Whether an endpoint of which nothing is declared may be spoken to as HTTP/2. */
  boolean triesHttp2(EndpointTracker endpoint) {
    return !pool(endpoint).http1Only();
  }

  /** The call does not wait any more. */
  void forget(UpstreamCall call) {
    if (waiting.remove(call)) {
      cluster.pendingRequests().release();
    }
  }

  /** The first waiting call that wants this endpoint in this version; it waits no more then. */
  @Nullable UpstreamCall nextWaiting(EndpointPool pool, boolean http2) {
    for (Iterator<UpstreamCall> i = waiting.iterator(); i.hasNext(); ) {
      UpstreamCall call = i.next();
      if (call.endpoint() == pool.endpoint && call.http2() == http2) {
        i.remove();
        cluster.pendingRequests().release();
        return call;
      }
    }
    return null;
  }

  boolean hasWaiting() {
    return !waiting.isEmpty();
  }

  /** A connection is gone, here or on another worker: who waits may connect. */
  void connectWaiting() {
    while (!waiting.isEmpty() && cluster.connections().tryAcquire()) {
      UpstreamCall call = waiting.remove();
      cluster.pendingRequests().release();
      pool(call.endpoint()).connect(call, call.http2());
    }
  }

  private void makeRoom() {
    for (EndpointPool pool : pools.values()) {
      if (pool.closeOneIdle()) {
        return;
      }
    }
  }

  /** True when nothing is left here and the cluster is gone. */
  boolean housekeeping(long now) {
    connectWaiting();
    leaving.removeIf(pool -> pool.housekeeping(now));
    pools.values().removeIf(pool -> pool.housekeeping(now));
    return cluster.closed() && leaving.isEmpty() && pools.isEmpty() && waiting.isEmpty();
  }

  void closeIdle() {
    pools.values().forEach(EndpointPool::closeIdle);
  }

  private EndpointPool pool(EndpointTracker endpoint) {
    ClusterConfig now = cluster.config();
    if (now.proxyProtocol() != header || !Objects.equals(now.tls(), tls)) {
      // Nothing more goes over connections that were made by other rules.
      tls = now.tls();
      header = now.proxyProtocol();
      pools.values().forEach(EndpointPool::leave);
      leaving.addAll(pools.values());
      pools.clear();
    }
    EndpointPool pool = pools.get(endpoint);
    if (pool == null) {
      pool = new EndpointPool(this, endpoint);
      pools.put(endpoint, pool);
    }
    return pool;
  }
}
