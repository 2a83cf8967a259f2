package dev.weft.sidecar.upstream;

import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.codec.http1.Http1ClientConnection;
import dev.weft.sidecar.codec.http2.Http2ClientConnection;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.UpstreamStream;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.tls.ClientTls;
import dev.weft.sidecar.tls.Offer;
import dev.weft.sidecar.tls.TlsAcceptor;
import dev.weft.sidecar.tls.TlsConnectException;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ConnectTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One worker's connections to one endpoint. Of those of HTTP/1.1 each serves one call at a time;
 * the idle one that was used last is used next, so that what is not needed grows old and is closed.
 * Those of HTTP/2 serve many calls at once: the first that has room takes the next, so that again
 * the last ones grow old. Worker thread only.
 *
 * <p>A connection that begins with a header of the PROXY protocol tells of one caller: it serves
 * one call and is closed.
 */
final class EndpointPool implements Http1ClientConnection.Owner, Http2ClientConnection.Owner {
  final ClusterPool cluster;
  final EndpointTracker endpoint;
  final String hostAndPort;

  private final Upstream upstream;
  private final @Nullable UpstreamTlsConfig tls;
  private final ProxyProtocol header;
  private final List<Http1ClientConnection> idle = new ArrayList<>();

  private final List<Http2ClientConnection> shared = new ArrayList<>();

  private @Nullable Connecting joining;
  private boolean http1Only;
  private boolean leaving;
  private int open;

  EndpointPool(ClusterPool cluster, EndpointTracker endpoint) {
    this.cluster = cluster;
    this.endpoint = endpoint;
    this.hostAndPort = endpoint.config().address() + ":" + endpoint.config().port();
    this.upstream = cluster.upstream;
    this.tls = cluster.tls();
    this.header = cluster.header();
  }

  @Nullable UpstreamStream takeIdle() {
    while (!idle.isEmpty()) {
      Http1ClientConnection last = idle.removeLast();
      if (last.isOpen()) {
        return last;
      }
    }
    return null;
  }

  @Nullable UpstreamStream openStream() {
    if (ofOneCall()) {
      return null;
    }
    for (int i = 0; i < shared.size(); i++) {
      Http2ClientConnection connection = shared.get(i);
      if (connection.hasRoom()) {
        return connection.open();
      }
    }
    return null;
  }

  /** Lets the call wait for an HTTP/2 connection that is being made, if there is one with room. */
  boolean join(UpstreamCall call) {
    Connecting under = joining;
    return under != null && under.join(call);
  }

  /** Connects for a call; the limit's share is acquired already, and released when it closes. */
  void connect(UpstreamCall call, boolean http2) {
    open++;
    Connecting attempt;
    ChannelHandler handler;
    if (http2) {
      var connection =
          new Http2ClientConnection(
              this,
              upstream.http2,
              upstream.limits.http2(),
              upstream.limits.maxStreams(),
              silenceNanos(),
              upstream.nanoClock.getAsLong());
      handler = connection;
      attempt = new Connecting(null, connection);
      joining = ofOneCall() ? null : attempt;
    } else {
      var connection = new Http1ClientConnection(this, upstream.http1Limits());
      handler = connection;
      attempt = new Connecting(connection, null);
    }
    attempt.join(call);
    long timeout = cluster.cluster.config().limits().connectTimeoutNanos();
    Bootstrap bootstrap = upstream.bootstrap(timeout);
    ChannelFuture connected =
        bootstrap
            .handler(tls == null ? handler : Upstream.untilSecured())
            .connect(endpoint.address());
    if (ofOneCall()) {
      call.proxyHeader().sendFirst(connected, header);
    }
    if (tls != null) {
      connected = upstream.secured(connected, endpoint.address(), tls, offer(http2), timeout);
    }
    connected.addListener(attempt);
  }

  /** Whether no connection is used twice. */
  private boolean ofOneCall() {
    return header != ProxyProtocol.OFF;
  }

  /**
   * What ALPN offers: where the application declares nothing, its server decides; a sidecar is
   * spoken to in the caller's version.
   */
  private Offer offer(boolean http2) {
    if (!http2) {
      return Offer.HTTP1;
    }
    boolean open = cluster.cluster.config().protocol() == null && !endpoint.config().sidecar();
    return open ? Offer.EITHER : Offer.HTTP2;
  }

  /** Whether the servers have said that they do not speak HTTP/2. */
  boolean http1Only() {
    return http1Only;
  }

  /** Nothing more is to be sent on its connections. */
  void leave() {
    leaving = true;
    closeIdle();
  }

  private boolean retired() {
    return leaving || endpoint.retired();
  }

  @Override
  public void onIdle(Http1ClientConnection connection) {
    if (retired() || ofOneCall()) {
      connection.close();
    } else if (!cluster.hasWaiting()) {
      connection.idleUntil = upstream.nanoClock.getAsLong() + idleNanos(connection);
      idle.add(connection);
    } else {
      UpstreamCall next = cluster.nextWaiting(this, false);
      if (next != null) {
        next.onStream(connection, true);
      } else {
        // Who waits wants another endpoint, for which this connection's place is needed.
        connection.close();
      }
    }
  }

  @Override
  public void onClosed(Http1ClientConnection connection) {
    idle.remove(connection);
    closed();
  }

  @Override
  public void onRoom(Http2ClientConnection connection) {
    while (cluster.hasWaiting() && !ofOneCall() && connection.hasRoom()) {
      UpstreamCall next = cluster.nextWaiting(this, true);
      if (next == null) {
        break;
      }
      next.onStream(connection.open(), true);
    }
    if (connection.isIdle()) {
      connection.idleSince = upstream.nanoClock.getAsLong();
      if (retired() || ofOneCall() || cluster.hasWaiting()) {
        // Who waits wants another endpoint, for which this connection's place is needed.
        connection.leave();
      }
    }
  }

  @Override
  public void onPeerLeaves(Http2ClientConnection connection) {
    upstream.count(WorkerCounter.UPSTREAM_CX_CLOSE_NOTIFY);
  }

  @Override
  public void onClosed(Http2ClientConnection connection) {
    shared.remove(connection);
    closed();
  }

  @Override
  public void onReached(Bound bound) {
    upstream.reached(bound);
  }

  boolean closeOneIdle() {
    if (!idle.isEmpty()) {
      idle.removeFirst().close();
      return true;
    }
    for (int i = shared.size() - 1; i >= 0; i--) {
      if (shared.get(i).isIdle()) {
        shared.get(i).leave();
        return true;
      }
    }
    return false;
  }

  void closeIdle() {
    while (closeOneIdle()) {
      // Until there is none.
    }
  }

  /** True when the endpoint is gone and nothing leads there any more. */
  boolean housekeeping(long now) {
    boolean retired = retired();
    while (!idle.isEmpty() && (retired || now - idle.getFirst().idleUntil > 0)) {
      if (!retired) {
        onReached(endpoint.config().sidecar() ? Bound.UPSTREAM_IDLE : Bound.UPSTREAM_APP_IDLE);
      }
      idle.removeFirst().close();
    }
    for (int i = shared.size() - 1; i >= 0; i--) {
      Http2ClientConnection connection = shared.get(i);
      boolean old = now - connection.idleSince > upstream.limits.idleTimeoutNanos();
      if (connection.isIdle() && (retired || old)) {
        if (!retired) {
          onReached(Bound.UPSTREAM_IDLE);
        }
        connection.leave();
      } else {
        connection.tick(now);
      }
    }
    return retired && open == 0;
  }

  /** Less than its server waits, as far as that is known. */
  private long idleNanos(Http1ClientConnection connection) {
    int said = connection.keepAliveSeconds();
    if (said >= 0) {
      // Half of it, since it is looked at once a second and the close has a way to go.
      return Math.min(TimeUnit.SECONDS.toNanos(said) / 2, upstream.limits.idleTimeoutNanos());
    }
    return endpoint.config().sidecar()
        ? upstream.limits.idleTimeoutNanos()
        : upstream.limits.appIdleTimeoutNanos();
  }

  /** After which a busy peer is asked if it is there; servers of gRPC forbid to ask more often. */
  private long silenceNanos() {
    return endpoint.config().sidecar()
        ? Bound.UPSTREAM_SILENCE.value()
        : Bound.UPSTREAM_APP_SILENCE.value();
  }

  private void closed() {
    upstream.telemetry.add(WorkerCounter.UPSTREAM_CX_ACTIVE, upstream.direction, -1);
    gone();
  }

  private void gone() {
    open--;
    cluster.cluster.connections().release();
    cluster.connectWaiting();
  }

  /** One connect under way, for calls that may give it up meanwhile. */
  final class Connecting implements ChannelFutureListener {
    private @Nullable Http1ClientConnection http1;
    private @Nullable Http2ClientConnection http2;
    private final List<UpstreamCall> calls = new ArrayList<>(1);

    Connecting(@Nullable Http1ClientConnection http1, @Nullable Http2ClientConnection http2) {
      this.http1 = http1;
      this.http2 = http2;
    }

    boolean join(UpstreamCall call) {
      if (calls.size() >= Http2ClientConnection.ASSUMED_STREAMS) {
        return false;
      }
      calls.add(call);
      call.connecting = this;
      return true;
    }

    /** The call does not want it any more; the connection is kept for another. */
    void giveUp(UpstreamCall call) {
      calls.remove(call);
    }

    @Override
    public void operationComplete(ChannelFuture future) {
      if (joining == this) {
        joining = null;
      }
      if (!future.isSuccess()) {
        gone();
        failed(future.cause());
        return;
      }
      if (tls != null) {
        decided(future.channel());
      }
      endpoint.onConnect(upstream.worker);
      upstream.count(WorkerCounter.UPSTREAM_CX_TOTAL);
      upstream.telemetry.add(WorkerCounter.UPSTREAM_CX_ACTIVE, upstream.direction, 1);
      if (http2 != null) {
        upstream.count(WorkerCounter.UPSTREAM_CX_HTTP2_TOTAL);
        shared.add(http2);
        serve(http2);
      } else if (http1 != null) {
        serve(http1);
      }
    }

    /** The connection is secured, and the server has chosen what is spoken on it. */
    private void decided(Channel channel) {
      if (http2 != null
          && offer(true) == Offer.EITHER
          && !TlsAcceptor.HTTP2.equals(ClientTls.protocol(channel))) {
        http1Only = true;
        http2 = null;
        http1 = new Http1ClientConnection(EndpointPool.this, upstream.http1Limits());
      }
      ChannelHandler handler = http2 == null ? http1 : http2;
      if (handler != null) {
        channel.pipeline().addLast(handler);
      }
    }

    private void serve(Http1ClientConnection connection) {
      UpstreamCall call = next();
      if (call == null) {
        onIdle(connection);
        return;
      }
      call.onStream(connection, true);
      // Who has joined it as HTTP/2 needs a connection of his own now.
      for (call = next(); call != null; call = next()) {
        call.speakHttp1();
        cluster.acquire(call, endpoint, false, false);
      }
    }

    private void serve(Http2ClientConnection connection) {
      for (UpstreamCall call = next(); call != null; call = next()) {
        if (connection.hasRoom()) {
          call.onStream(connection.open(), true);
        } else {
          cluster.acquire(call, endpoint, true, false);
        }
      }
      if (connection.isIdle()) {
        onRoom(connection);
      }
    }

    private void failed(Throwable cause) {
      if (cause instanceof TlsConnectException tls) {
        failed(
            tls.timeout(),
            tls.timeout() ? Failure.TLS_TIMEOUT : Failure.TLS_FAILED,
            "securing the connection to " + endpoint + " failed: " + cause.getMessage());
        return;
      }
      boolean timeout = cause instanceof ConnectTimeoutException;
      failed(
          timeout,
          timeout ? Failure.CONNECT_TIMEOUT : Failure.CONNECT_FAILED,
          timeout
              ? "connecting to " + endpoint + " took too long"
              : "connecting to " + endpoint + " failed: " + reason(cause));
    }

    private void failed(boolean timeout, Failure failure, String detail) {
      if (timeout) {
        upstream.reached(Bound.CONNECT_TIME, Bound.APP_CONNECT_TIME);
      }
      upstream.count(
          timeout
              ? WorkerCounter.UPSTREAM_CX_CONNECT_TIMEOUT
              : WorkerCounter.UPSTREAM_CX_CONNECT_FAIL);
      endpoint.onConnectFailure(upstream.worker, upstream.nanoClock.getAsLong());
      for (UpstreamCall call = next(); call != null; call = next()) {
        call.onNoConnection(failure, detail);
      }
    }

    /** The next call that still waits; it does not any more then. */
    private @Nullable UpstreamCall next() {
      if (calls.isEmpty()) {
        return null;
      }
      UpstreamCall call = calls.removeFirst();
      call.connecting = null;
      return call;
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
