package dev.weft.sidecar.upstream;

import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.codec.Http1ClientConnection;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.WorkerCounter;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ConnectTimeoutException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One worker's connections to one endpoint. The idle one that was used last is used next, so that
 * what is not needed grows old and is closed. Worker thread only.
 */
final class EndpointPool implements Http1ClientConnection.Owner {
  final ClusterPool cluster;
  final EndpointTracker endpoint;
  final String hostAndPort;

  private final Upstream upstream;
  private final List<Http1ClientConnection> idle = new ArrayList<>();
  private int open;

  EndpointPool(ClusterPool cluster, EndpointTracker endpoint) {
    this.cluster = cluster;
    this.endpoint = endpoint;
    this.hostAndPort = endpoint.config().address() + ":" + endpoint.config().port();
    this.upstream = cluster.upstream;
  }

  @Nullable Http1ClientConnection takeIdle() {
    while (!idle.isEmpty()) {
      Http1ClientConnection last = idle.removeLast();
      if (last.isOpen()) {
        return last;
      }
    }
    return null;
  }

  /** Connects for a call; the limit's share is acquired already, and released when it closes. */
  void connect(UpstreamCall call) {
    open++;
    var connection = new Http1ClientConnection(this, upstream.http1Limits());
    var attempt = new Connecting(connection, call);
    call.connecting = attempt;
    upstream
        .bootstrap(cluster.cluster.config().limits().connectTimeoutNanos())
        .handler(connection)
        .connect(endpoint.address())
        .addListener(attempt);
  }

  @Override
  public void onIdle(Http1ClientConnection connection) {
    if (endpoint.retired()) {
      connection.close();
    } else if (!cluster.hasWaiting()) {
      connection.idleSince = upstream.nanoClock.getAsLong();
      idle.add(connection);
    } else if (!cluster.serve(this, connection)) {
      // Who waits wants another endpoint, for which this connection's place is needed.
      connection.close();
    }
  }

  @Override
  public void onClosed(Http1ClientConnection connection) {
    idle.remove(connection);
    upstream.telemetry.add(WorkerCounter.UPSTREAM_CX_ACTIVE, upstream.direction, -1);
    gone();
  }

  @Override
  public void onReached(Bound bound) {
    upstream.reached(bound);
  }

  boolean closeOneIdle() {
    if (idle.isEmpty()) {
      return false;
    }
    idle.removeFirst().close();
    return true;
  }

  void closeIdle() {
    while (closeOneIdle()) {
      // Until there is none.
    }
  }

  /** True when the endpoint is gone and nothing leads there any more. */
  boolean housekeeping(long now) {
    boolean retired = endpoint.retired();
    while (!idle.isEmpty()
        && (retired || now - idle.getFirst().idleSince > upstream.limits.idleTimeoutNanos())) {
      if (!retired) {
        upstream.reached(Bound.UPSTREAM_IDLE);
      }
      idle.removeFirst().close();
    }
    return retired && open == 0;
  }

  private void gone() {
    open--;
    cluster.cluster.connections().release();
    cluster.connectWaiting();
  }

  /** One connect under way, for a call that may give it up meanwhile. */
  final class Connecting implements ChannelFutureListener {
    private final Http1ClientConnection connection;
    private @Nullable UpstreamCall call;

    Connecting(Http1ClientConnection connection, UpstreamCall call) {
      this.connection = connection;
      this.call = call;
    }

    /** The call does not want it any more; the connection is kept for another. */
    void giveUp() {
      call = null;
    }

    @Override
    public void operationComplete(ChannelFuture future) {
      UpstreamCall waiting = call;
      call = null;
      if (waiting != null) {
        waiting.connecting = null;
      }
      if (!future.isSuccess()) {
        gone();
        failed(waiting, future.cause());
        return;
      }
      endpoint.onConnect(upstream.worker);
      upstream.count(WorkerCounter.UPSTREAM_CX_TOTAL);
      upstream.telemetry.add(WorkerCounter.UPSTREAM_CX_ACTIVE, upstream.direction, 1);
      if (waiting == null) {
        onIdle(connection);
      } else {
        waiting.onStream(connection, true);
      }
    }

    private void failed(@Nullable UpstreamCall waiting, Throwable cause) {
      boolean timeout = cause instanceof ConnectTimeoutException;
      if (timeout) {
        upstream.reached(Bound.CONNECT_TIME, Bound.APP_CONNECT_TIME);
      }
      upstream.count(
          timeout
              ? WorkerCounter.UPSTREAM_CX_CONNECT_TIMEOUT
              : WorkerCounter.UPSTREAM_CX_CONNECT_FAIL);
      if (waiting != null) {
        waiting.onNoConnection(
            timeout ? Failure.CONNECT_TIMEOUT : Failure.CONNECT_FAILED,
            timeout
                ? "connecting to " + endpoint + " took too long"
                : "connecting to " + endpoint + " failed: " + reason(cause));
      }
    }

    private static String reason(Throwable cause) {
      String message = cause.getMessage();
      if (message == null) {
        return cause.getClass().getSimpleName();
      }
      return message.contains("refused") ? "connection refused" : message;
    }
  }
}
