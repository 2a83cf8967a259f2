package dev.weft.sidecar.upstream;

import dev.weft.common.config.ClusterConfig.ProxyProtocol;
import dev.weft.common.config.UpstreamTlsConfig;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.codec.http1.Http1ClientConnection;
import dev.weft.sidecar.codec.http2.Http2ClientConnection;
import dev.weft.sidecar.http.UpstreamStream;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.tls.ClientTls;
import dev.weft.sidecar.tls.Offer;
import dev.weft.sidecar.tls.TlsAcceptor;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
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
  final Upstream upstream;

  private final @Nullable UpstreamTlsConfig tls;
  private final ProxyProtocol header;
  private final List<Http1ClientConnection> idle = new ArrayList<>();

  private final List<Http2ClientConnection> shared = new ArrayList<>();

  /** Connections whose servers have not shown yet that they speak HTTP/2. */
  private final List<Connecting> proving = new ArrayList<>();

  private @Nullable Connecting joining;
  private boolean http1Only;
  private boolean http2Proven;
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
              endpoint.config().sidecar() ? Bound.UPSTREAM_PONG : Bound.UPSTREAM_APP_PONG,
              upstream.nanoClock.getAsLong());
      handler = connection;
      attempt = new Connecting(this, null, connection);
      joining = ofOneCall() ? null : attempt;
    } else {
      var connection = new Http1ClientConnection(this, upstream.http1Limits());
      handler = connection;
      attempt = new Connecting(this, connection, null);
    }
    attempt.join(call);
    long timeout = cluster.cluster.config().limits().connectTimeoutNanos();
    upstream
        .connector
        .connect(
            tls == null ? handler : Upstream.untilSecured(),
            endpoint.address(),
            timeout,
            header,
            ofOneCall() ? call.proxyHeader() : null,
            tls,
            offer(http2))
        .addListener(attempt);
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
    return isUndeclared() ? Offer.EITHER : Offer.HTTP2;
  }

  private boolean isUndeclared() {
    return cluster.cluster.config().protocol() == null && !endpoint.config().sidecar();
  }

  /** Whether the servers have shown that they do not speak HTTP/2. */
  boolean http1Only() {
    return http1Only;
  }

  /** Whether the server's SETTINGS are to be awaited before anything is asked of it. */
  boolean mustProve() {
    return tls == null && isUndeclared() && !http2Proven;
  }

  // What a connect under way tells.

  /** Nobody else can join it. */
  void noMoreJoin(Connecting connecting) {
    if (joining == connecting) {
      joining = null;
    }
  }

  /** There is no connection; perhaps its server is another one when it comes back. */
  void notConnected() {
    http1Only = false;
    http2Proven = false;
    gone();
  }

  /** The connection is there; when it is secured, with what the server has chosen. */
  void connected(boolean http2) {
    endpoint.onConnect(upstream.worker);
    upstream.count(WorkerCounter.UPSTREAM_CX_TOTAL);
    upstream.telemetry.add(WorkerCounter.UPSTREAM_CX_ACTIVE, upstream.direction, 1);
    if (http2) {
      upstream.count(WorkerCounter.UPSTREAM_CX_HTTP2_TOTAL);
    }
  }

  /** What the server has chosen where it had a choice. */
  @Nullable Http1ClientConnection chosen(Channel channel) {
    if (offer(true) != Offer.EITHER || TlsAcceptor.HTTP2.equals(ClientTls.protocol(channel))) {
      return null;
    }
    http1Only = true;
    return new Http1ClientConnection(this, upstream.http1Limits());
  }

  /** The connection's server is to show that it speaks HTTP/2. */
  void prove(Connecting connecting) {
    proving.add(connecting);
  }

  /** Whether connections are secured. */
  boolean isSecured() {
    return tls != null;
  }

  /** Takes a connection of HTTP/2 into use. */
  void share(Http2ClientConnection connection) {
    shared.add(connection);
  }

  /** What the server has answered to the preface is not HTTP/2. */
  private void isHttp1() {
    http1Only = true;
    upstream.count(WorkerCounter.UPSTREAM_CX_HTTP1_FALLBACK);
  }

  private @Nullable Connecting endProof(Http2ClientConnection connection) {
    for (int i = 0; i < proving.size(); i++) {
      if (proving.get(i).proves(connection)) {
        return proving.remove(i);
      }
    }
    return null;
  }

  @Override
  public void onSettled(Http2ClientConnection connection) {
    http2Proven = true;
    http1Only = false;
    Connecting proved = endProof(connection);
    if (proved != null) {
      proved.proven();
    }
    onRoom(connection);
  }

  @Override
  public void onNeverSettled(Http2ClientConnection connection) {
    Connecting failed = endProof(connection);
    if (failed != null) {
      isHttp1();
      failed.disproven();
    }
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
    while (!proving.isEmpty() && now - proving.getFirst().since() > Bound.UPSTREAM_PROOF.value()) {
      onReached(Bound.UPSTREAM_PROOF);
      proving.removeFirst().proven();
    }
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
    if (open == 0) {
      // Whoever answers the next time may speak another version.
      http1Only = false;
      http2Proven = false;
    }
    cluster.cluster.connections().release();
    cluster.connectWaiting();
  }
}
