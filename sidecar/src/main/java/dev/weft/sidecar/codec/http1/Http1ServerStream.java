package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.codec.http1.Http1ServerConnection.Phase;
import dev.weft.sidecar.destination.OriginalDestination;
import dev.weft.sidecar.http.CallerTls;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.LocalReply;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.proxyprotocol.CallerAddress;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The request that a caller's HTTP/1.1 connection serves, as its exchange sees it: what is
 * answered, whether the connection can be kept behind it, and the tunnel that it may become. One
 * per connection, used for one request after the other. Worker thread only.
 */
final class Http1ServerStream implements DownstreamStream {
  final ReceivedHead request = new ReceivedHead();
  final Http1ResponseWriter writer = new Http1ResponseWriter();
  final Exchange exchange;

  private final Http1ServerConnection connection;
  private final ServerConnections connections;

  @SuppressWarnings("NullAway.Init") // Attached before anything is read.
  private ChannelHandlerContext ctx;

  private @Nullable TunnelEnd tunnel;
  private boolean responseStarted;
  private boolean responseEnded;
  private boolean headRequest;
  private boolean upgrading;
  private boolean keepAlive;

  Http1ServerStream(
      Http1ServerConnection connection, ServerConnections connections, Exchange.Factory exchanges) {
    this.connection = connection;
    this.connections = connections;
    this.exchange = exchanges.newExchange(this);
  }

  void attach(ChannelHandlerContext context) {
    ctx = context;
    writer.attach(context);
  }

  // The connection's side.

  /** The head of the next request is there; its exchange has not heard of it yet. */
  void begin() {
    headRequest = request.view.methodIs(Http1HeadParser.HEAD);
    upgrading = request.tunnel;
    keepAlive = !request.close;
    responseStarted = false;
    responseEnded = false;
  }

  boolean isResponseStarted() {
    return responseStarted;
  }

  boolean isResponseEnded() {
    return responseEnded;
  }

  /** Whether the connection may serve another request behind this one. */
  boolean keepsAlive() {
    return keepAlive;
  }

  /** Answers a request whose rest is not taken; nothing has been answered yet. */
  void refuse(LocalReply reply) {
    writer.localReply(reply, headRequest, isHttp10(), true);
  }

  /** The caller sends no more, of a tunnel. */
  void onInputClosed() {
    TunnelEnd end = tunnel;
    if (end != null && end.closeInput()) {
      exchange.onEnd(null);
      endTunnelIfClosed(end);
    }
  }

  /** The request is over, whatever has become of it. */
  void finish() {
    if (tunnel != null) {
      tunnel = null;
      connections.tunnelEnded();
    }
    releaseRequest();
    connections.requestEnded();
    exchange.onFinished();
  }

  // The exchange's side.

  @Override
  public ReceivedHead request() {
    return request;
  }

  @Override
  public void releaseRequest() {
    ByteBuf buffer = request.buffer;
    request.clear();
    buffer.release();
  }

  @Override
  public @Nullable SocketAddress remoteAddress() {
    return CallerAddress.source(ctx.channel());
  }

  @Override
  public @Nullable SocketAddress localAddress() {
    return CallerAddress.destination(ctx.channel());
  }

  @Override
  public @Nullable CallerTls callerTls() {
    return ctx.channel().attr(CallerTls.KEY).get();
  }

  @Override
  public @Nullable OriginalDestination originalDestination() {
    return OriginalDestination.of(ctx.channel());
  }

  @Override
  public void informational(ReceivedHead response) {
    if (!isHttp10()) {
      writer.informational(response);
    }
  }

  @Override
  public void respond(ReceivedHead response, HeadPlan plan, boolean end) {
    responseStarted = true;
    if (response.tunnel) {
      beginTunnel(response, plan);
      return;
    }
    if ((connection.phase() == Phase.BODY && end) || cameEarly() || connection.isLeaving()) {
      keepAlive = false;
    }
    if (!writer.respond(response, plan, end, headRequest, isHttp10(), keepAlive)) {
      keepAlive = false;
    }
    if (end) {
      ended();
    }
  }

  @Override
  public void data(ByteBuf data) {
    connection.goesOn();
    TunnelEnd end = tunnel;
    if (end != null) {
      end.write(data);
    } else {
      writer.data(data);
    }
  }

  @Override
  public void end(@Nullable HeadView trailers) {
    TunnelEnd end = tunnel;
    if (end != null) {
      end.closeOutput();
      endTunnelIfClosed(end);
    } else {
      writer.end(trailers);
      ended();
    }
  }

  @Override
  public void localReply(LocalReply reply) {
    responseStarted = true;
    if (connection.phase() == Phase.BODY
        || cameEarly()
        || reply.failure().closes()
        || connection.isLeaving()) {
      keepAlive = false;
    }
    writer.localReply(reply, headRequest, isHttp10(), !keepAlive);
    ended();
  }

  @Override
  public void abort(Failure why) {
    TunnelEnd end = tunnel;
    connection.endWithRequest();
    if (end != null) {
      end.reset();
    } else {
      writer.cut();
    }
  }

  @Override
  public void flush() {
    ctx.flush();
  }

  @Override
  public boolean isWritable() {
    return ctx.channel().isWritable();
  }

  @Override
  public void readRequest(boolean on) {
    connection.readBody(on);
  }

  private boolean isHttp10() {
    return request.view.minorVersion() == 0;
  }

  /** Whether bytes came before an Upgrade was answered: they were not meant as a request. */
  private boolean cameEarly() {
    return upgrading && connection.hasMore();
  }

  private void ended() {
    responseEnded = true;
    ctx.flush();
    connection.onResponseEnd();
  }

  private void beginTunnel(ReceivedHead response, HeadPlan plan) {
    writer.switchProtocols(response, plan);
    tunnel = new TunnelEnd(ctx);
    connections.tunnelStarted();
    connection.onTunnel();
  }

  private void endTunnelIfClosed(TunnelEnd end) {
    if (end.isClosed() && connection.phase() == Phase.TUNNEL) {
      connection.endWithRequest();
      end.closeOutput();
    }
  }
}
