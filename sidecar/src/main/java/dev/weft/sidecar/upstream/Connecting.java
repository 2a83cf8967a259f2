package dev.weft.sidecar.upstream;

import dev.weft.sidecar.codec.http1.Http1ClientConnection;
import dev.weft.sidecar.codec.http2.Http2ClientConnection;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.WorkerCounter;
import dev.weft.sidecar.tls.TlsConnectException;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ConnectTimeoutException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One connect under way, for calls that may give it up meanwhile. Over TLS the server chooses the
 * version by ALPN. Without, a server of which nothing is declared shows by its SETTINGS that it
 * speaks HTTP/2; until then it is sent the preface and no request, so that all of them can go by
 * HTTP/1.1 when it answers anything else. Worker thread only.
 */
final class Connecting implements ChannelFutureListener {
  private final EndpointPool pool;
  private final List<UpstreamCall> calls = new ArrayList<>(1);
  private @Nullable Http1ClientConnection http1;
  private @Nullable Http2ClientConnection http2;
  private long since;

  Connecting(
      EndpointPool pool,
      @Nullable Http1ClientConnection http1,
      @Nullable Http2ClientConnection http2) {
    this.pool = pool;
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

  /** Since when the server's SETTINGS are awaited. */
  long since() {
    return since;
  }

  /** Whether this connection's SETTINGS are awaited. */
  @SuppressWarnings("ReferenceEquality") // Which connection it is.
  boolean proves(Http2ClientConnection connection) {
    return http2 == connection;
  }

  @Override
  public void operationComplete(ChannelFuture future) {
    if (!future.isSuccess()) {
      pool.noMoreJoin(this);
      pool.notConnected();
      failed(future.cause());
      return;
    }
    if (pool.isSecured()) {
      decided(future.channel());
    }
    pool.connected(http2 != null);
    if (http2 != null && pool.mustProve()) {
      since = pool.upstream.nanoClock.getAsLong();
      pool.prove(this);
      return;
    }
    proven();
  }

  /** The connection is secured, and the server has chosen what is spoken on it. */
  private void decided(Channel channel) {
    if (http2 != null) {
      http1 = pool.chosen(channel);
      http2 = http1 == null ? http2 : null;
    }
    ChannelHandler handler = http2 == null ? http1 : http2;
    if (handler != null) {
      channel.pipeline().addLast(handler);
    }
  }

  /** The connection can be used. */
  void proven() {
    pool.noMoreJoin(this);
    if (http2 != null) {
      pool.share(http2);
      serve(http2);
    } else if (http1 != null) {
      serve(http1);
    }
  }

  /** The server does not speak HTTP/2; nobody has asked it for anything yet. */
  void disproven() {
    pool.noMoreJoin(this);
    for (UpstreamCall call = next(); call != null; call = next()) {
      if (call.isGrpc()) {
        call.onNoConnection(
            Failure.UPSTREAM_PROTOCOL_ERROR,
            pool.endpoint + " does not speak HTTP/2, without which there is no gRPC");
      } else {
        again(call);
      }
    }
  }

  private void serve(Http1ClientConnection connection) {
    UpstreamCall call = next();
    if (call == null) {
      pool.onIdle(connection);
      return;
    }
    call.onStream(connection, true);
    for (call = next(); call != null; call = next()) {
      again(call);
    }
  }

  /** Who has waited for a connection of HTTP/2 needs one of HTTP/1.1 now, of his own. */
  private void again(UpstreamCall call) {
    call.speakHttp1();
    pool.cluster.acquire(call, pool.endpoint, false, false);
  }

  private void serve(Http2ClientConnection connection) {
    for (UpstreamCall call = next(); call != null; call = next()) {
      if (connection.hasRoom()) {
        call.onStream(connection.open(), true);
      } else {
        pool.cluster.acquire(call, pool.endpoint, true, false);
      }
    }
    if (connection.isIdle()) {
      pool.onRoom(connection);
    }
  }

  private void failed(Throwable cause) {
    String endpoint = pool.endpoint.toString();
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
    Upstream upstream = pool.upstream;
    if (timeout) {
      upstream.reached(Bound.CONNECT_TIME, Bound.APP_CONNECT_TIME);
    }
    upstream.count(
        timeout
            ? WorkerCounter.UPSTREAM_CX_CONNECT_TIMEOUT
            : WorkerCounter.UPSTREAM_CX_CONNECT_FAIL);
    pool.endpoint.onConnectFailure(upstream.worker, upstream.nanoClock.getAsLong());
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
