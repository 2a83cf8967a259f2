package dev.weft.sidecar.codec.http2;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.Chars;
import dev.weft.sidecar.codec.FieldSets;
import dev.weft.sidecar.codec.http2.frame.ErrorCode;
import dev.weft.sidecar.codec.http2.head.HeadEncoder;
import dev.weft.sidecar.codec.http2.head.Slab;
import dev.weft.sidecar.destination.OriginalDestination;
import dev.weft.sidecar.http.CallerTls;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.HttpDate;
import dev.weft.sidecar.http.LocalReply;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.proxyprotocol.CallerAddress;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One request of a caller's HTTP/2 connection. It keeps its exchange and its storage when it is
 * used again for another request, of whichever connection of its worker. Worker thread only.
 */
final class Http2ServerStream extends Http2Stream implements DownstreamStream {
  /** Less than this since the last look is no progress of a reader; bytes. */
  private static final int PROGRESS = 1024;

  private static final byte[] HEAD = Chars.ascii("HEAD");
  private static final byte[] CONTENT_TYPE = WellKnown.name(WellKnown.CONTENT_TYPE);
  private static final byte[] CONTENT_LENGTH = WellKnown.name(WellKnown.CONTENT_LENGTH);
  private static final byte[] PROBLEM_JSON = Chars.ascii(LocalReply.CONTENT_TYPE);
  private static final byte[] DATE = WellKnown.name(WellKnown.DATE);
  private static final byte[] ALLOW = Chars.ascii("allow");
  private static final byte[] METHODS = Chars.ascii(LocalReply.METHODS);
  private static final byte[] RETRY_AFTER = WellKnown.name(WellKnown.RETRY_AFTER);
  private static final byte[] WEBSOCKET_ACCEPT = Chars.ascii("sec-websocket-accept");
  private static final byte[] HOP = WellKnown.name(WellKnown.WEFT_HOP);

  final Slab slab = new Slab();
  final ReceivedHead request = new ReceivedHead();

  @SuppressWarnings("NullAway.Init") // Set by whoever acquires it.
  Http2ServerConnection connection;

  private final Http2Server server;
  private final Exchange exchange;
  private final HeadPlan none = new HeadPlan();

  /** Whether the exchange is under way. */
  private boolean serving;

  /** Whether it counts as a request under way: until everything is written. */
  private boolean counted;

  /** Whether a response has begun: both sides may then be silent for as long as the route says. */
  private boolean answering;

  private boolean headRequest;

  /** Whether the request asks for a tunnel, or the stream is one end of it. */
  private boolean tunnel;

  Http2ServerStream(Http2Server server, Exchange.Factory exchanges) {
    this.server = server;
    this.exchange = exchanges.newExchange(this);
  }

  /** The request is in {@link #request}. */
  void start(boolean end) {
    serving = true;
    counted = true;
    answering = false;
    request.http2 = true;
    headRequest = request.view.methodIs(HEAD);
    tunnel = request.tunnel;
    server.connections.requestStarted();
    exchange.onRequest(end);
  }

  /** Answers a request that nobody else sees. */
  void refuse(Failure failure, String detail) {
    headRequest = false;
    tunnel = false;
    writeReply(LocalReply.of(failure, detail));
    connection.flushLater();
  }

  // From the caller.

  @Override
  void onData(ByteBuf data) {
    if (serving) {
      exchange.onData(data);
    } else {
      data.release();
    }
  }

  @Override
  void onReadComplete() {
    if (serving) {
      exchange.onReadComplete();
    }
  }

  @Override
  void onEnd(@Nullable HeadView last) {
    if (serving) {
      exchange.onEnd(last);
      finishIfWhole();
    }
  }

  @Override
  void onWritable() {
    if (serving) {
      exchange.onWritabilityChanged();
    }
  }

  @Override
  void onReset(int code, boolean byPeer, String detail) {
    abandon(byPeer ? Failure.CALLER_GONE : Failure.BAD_REQUEST);
  }

  @Override
  void onLost(String detail) {
    abandon(connection.cause());
  }

  private void abandon(Failure why) {
    if (serving) {
      exchange.onAborted(why);
      finish();
    }
    gone();
  }

  @Override
  void onEndWritten() {
    if (!remoteEnded && !tunnel) {
      // The answer is whole without the rest of the request (RFC 9113, section 8.1).
      Http2ServerConnection on = connection;
      finish();
      on.reset(this, ErrorCode.NO_ERROR);
      gone();
    }
  }

  @Override
  void onClosed() {
    finish();
    gone();
  }

  // The exchange's side.

  @Override
  public ReceivedHead request() {
    return request;
  }

  @Override
  public void releaseRequest() {
    request.clear();
  }

  @Override
  public @Nullable SocketAddress remoteAddress() {
    return CallerAddress.source(connection.ctx.channel());
  }

  @Override
  public @Nullable SocketAddress localAddress() {
    return CallerAddress.destination(connection.ctx.channel());
  }

  @Override
  public @Nullable CallerTls callerTls() {
    return connection.ctx.channel().attr(CallerTls.KEY).get();
  }

  @Override
  public @Nullable OriginalDestination originalDestination() {
    return OriginalDestination.of(connection.ctx.channel());
  }

  @Override
  public void informational(ReceivedHead response) {
    if (id != 0 && response.view.status() != 101) {
      none.clear();
      server.encoder.response(response, none, FieldSets.bit(WellKnown.CONTENT_LENGTH));
      connection.sendHead(this, false);
      connection.flushLater();
    }
  }

  @Override
  public void respond(ReceivedHead response, HeadPlan plan, boolean end) {
    if (id == 0) {
      return;
    }
    answering = true;
    tunnel &= response.tunnel;
    if (tunnel) {
      plan.dropPrefix(WEBSOCKET_ACCEPT);
    }
    boolean noContent = response.view.status() == 204;
    server.encoder.response(
        response, plan, noContent ? FieldSets.bit(WellKnown.CONTENT_LENGTH) : 0);
    int inline = response.inlineBody;
    connection.sendHead(this, end && inline == 0);
    if (inline > 0) {
      connection.sendData(this, response.buffer.retainedSlice(response.end, inline));
      if (end) {
        connection.sendEnd(this, null);
      }
    }
    if (end) {
      ended();
    }
  }

  @Override
  public void data(ByteBuf data) {
    if (headRequest) {
      data.release();
    } else {
      connection.sendData(this, data);
    }
  }

  @Override
  public void end(@Nullable HeadView last) {
    connection.sendEnd(this, last);
    ended();
  }

  @Override
  public void localReply(LocalReply reply) {
    tunnel = false;
    writeReply(reply);
    ended();
  }

  private void writeReply(LocalReply reply) {
    byte[] body = reply.body();
    byte[] length = Chars.ascii(Integer.toString(body.length));
    HeadEncoder head = server.encoder;
    head.begin();
    head.status(reply.failure().status());
    // Local replies are rare: the time is asked for and written anew.
    byte[] date = HttpDate.format(System.currentTimeMillis() / 1000);
    head.field(DATE, date, date.length);
    head.field(CONTENT_TYPE, PROBLEM_JSON, PROBLEM_JSON.length);
    head.field(CONTENT_LENGTH, length, length.length);
    if (reply.failure() == Failure.METHOD_NOT_SUPPORTED) {
      head.field(ALLOW, METHODS, METHODS.length);
    }
    int retryAfter = reply.failure().retryAfterSeconds();
    if (retryAfter > 0) {
      byte[] seconds = Chars.ascii(Integer.toString(retryAfter));
      head.field(RETRY_AFTER, seconds, seconds.length);
    }
    byte[] hop = reply.hop();
    if (hop != null) {
      head.field(HOP, hop, hop.length);
    }
    connection.sendHead(this, headRequest);
    if (!headRequest) {
      connection.sendData(this, Unpooled.wrappedBuffer(body));
      connection.sendEnd(this, null);
    }
  }

  @Override
  public void abort(Failure why) {
    if (id != 0) {
      connection.reset(this, tunnel ? ErrorCode.CANCEL : ErrorCode.of(why));
      finish();
      gone();
    }
  }

  @Override
  public void flush() {
    if (full) {
      connection.flushNow();
    } else {
      connection.flushLater();
    }
  }

  @Override
  public void readRequest(boolean on) {
    connection.setReading(this, on);
  }

  private void ended() {
    connection.flushLater();
    finishIfWhole();
  }

  private void finishIfWhole() {
    if (localEnded && (remoteEnded || !tunnel)) {
      finish();
    }
  }

  /** The exchange is over; what is queued is still sent. */
  private void finish() {
    if (serving) {
      serving = false;
      request.clear();
      exchange.onFinished();
    }
  }

  /** The connection knows it no more. */
  private void gone() {
    if (counted) {
      counted = false;
      server.connections.requestEnded();
    }
    server.release(this);
  }

  // Time.

  void tick(long now) {
    if (queued == 0 || progressed >= PROGRESS) {
      progressed = 0;
      movedAt = now;
    } else if (now - movedAt > server.limits.stallTimeoutNanos()) {
      server.connections.reached(Bound.RESPONSE_STALLED);
      cut(ErrorCode.CANCEL);
      return;
    }
    if (serving
        && reading
        && !remoteEnded
        && !tunnel
        && !answering
        && now - since > server.limits.stallTimeoutNanos()) {
      late();
    } else if (serving) {
      exchange.tick(now);
    }
  }

  /** The request's body does not go on. */
  private void late() {
    server.connections.reached(Bound.REQUEST_BODY_IDLE);
    exchange.onAborted(Failure.REQUEST_NOT_RECEIVED);
    writeReply(LocalReply.of(Failure.REQUEST_NOT_RECEIVED, "the body did not go on in time"));
    ended();
  }

  private void cut(int code) {
    connection.reset(this, code);
    abandon(Failure.CALLER_GONE);
  }
}
