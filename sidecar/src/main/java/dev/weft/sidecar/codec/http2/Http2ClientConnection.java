package dev.weft.sidecar.codec.http2;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.codec.FieldSets;
import dev.weft.sidecar.codec.http2.frame.ConnectionError;
import dev.weft.sidecar.codec.http2.frame.ErrorCode;
import dev.weft.sidecar.codec.http2.head.HeadDecoder;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.http.UpstreamStream;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 connection towards an endpoint (RFC 9113): as many exchanges at a time as its peer and
 * we allow, until the peer takes its leave. We open every stream; push is off, so whatever the peer
 * would open breaks the protocol. A breach ends this connection and its streams, nothing else.
 * Worker thread only.
 */
public final class Http2ClientConnection extends Http2Connection {
  /** What a peer takes before it has said how much it takes (RFC 9113, section 6.5.2). */
  public static final int ASSUMED_STREAMS = Bound.UPSTREAM_ASSUMED_STREAMS.intValue();

  /** Who made the connection and uses it. */
  public interface Owner {
    /** A stream is over, or the peer allows more of them. */
    void onRoom(Http2ClientConnection connection);

    /** The peer speaks HTTP/2: its SETTINGS are there; told once. */
    void onSettled(Http2ClientConnection connection);

    /** The connection is over, and nothing of HTTP/2 has come; told once. */
    void onNeverSettled(Http2ClientConnection connection);

    /** The peer takes its leave: no more streams; those that are open go on. */
    void onPeerLeaves(Http2ClientConnection connection);

    /** The peer, or its silence, has run into a bound. */
    void onReached(Bound bound);

    /** The connection is gone; told once. */
    void onClosed(Http2ClientConnection connection);
  }

  /** When it became idle; its pool's. */
  public long idleSince;

  private final Owner owner;
  private final int maxStreams;
  private final long silenceNanos;
  private final Bound answer;
  private final Http2ClientScratch scratch;
  private int nextId = 1;
  private boolean leaving;
  private boolean broken;
  private boolean served;
  private boolean pinging;
  private long now;
  private long heardAt;
  private long pingedAt;
  private int heard;

  /**
   * @param scratch the worker's
   * @param maxStreams at a time, whatever the peer allows
   * @param silenceNanos after which a connection with streams is probed by a PING
   * @param answer within which that is to be answered
   * @param now the time; it goes on with each {@link #tick}
   */
  public Http2ClientConnection(
      Owner owner,
      Http2ClientScratch scratch,
      Http2Limits limits,
      int maxStreams,
      long silenceNanos,
      Bound answer,
      long now) {
    super(true, limits, scratch.fields, scratch.encoder);
    this.scratch = scratch;
    this.owner = owner;
    this.maxStreams = maxStreams;
    this.silenceNanos = silenceNanos;
    this.answer = answer;
    this.now = now;
    this.heardAt = now;
    this.idleSince = now;
  }

  // The pool's side.

  /** Whether a stream can be opened now. */
  public boolean hasRoom() {
    return !leaving
        && isOpen()
        && openStreams() < Math.min(maxStreams, settled ? peer.maxStreams() : ASSUMED_STREAMS)
        && heldBytes() < limits.connectionWindow() / 2;
  }

  /** Whether nothing is under way on it, and something could be. */
  public boolean isIdle() {
    return openStreams() == 0 && !leaving && isOpen();
  }

  /** A new stream, for one request that is to be sent at once. */
  public UpstreamStream open() {
    served |= nextId > 1;
    // The pool hears of the connection before we do.
    channelActive(ctx);
    Http2ClientStream stream = scratch.kept.take();
    if (stream == null) {
      stream = new Http2ClientStream();
    }
    stream.connection = this;
    return stream;
  }

  /** Takes leave and closes; for a connection on which nothing is under way. */
  public void leave() {
    leaving = true;
    if (isOpen()) {
      writer.goAway(0, ErrorCode.NO_ERROR);
      writer.write();
    }
    ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  /** Asks a peer that has been silent for long whether it is still there; about once a second. */
  public void tick(long nanoTime) {
    now = nanoTime;
    if (!isOpen()) {
      ctx.close();
      return;
    }
    if (leaving && openStreams() == 0) {
      // The last call was given up on, so that nothing came behind which it would have ended.
      leave();
      return;
    }
    allowances.tick();
    scratch.kept.trim(nanoTime);
    if (pinging) {
      if (nanoTime - pingedAt > answer.value()) {
        owner.onReached(answer);
        ctx.close();
      }
    } else if (openStreams() > 0 && nanoTime - heardAt > silenceNanos) {
      pinging = true;
      pingedAt = nanoTime;
      writer.ping(false, nanoTime);
      flushLater();
    }
  }

  // The streams' side.

  /** Whether the peer broke the protocol. */
  boolean isBroken() {
    return broken;
  }

  /** How many batches have come so far. */
  int heard() {
    return heard;
  }

  /** Whether it is an old connection of which nothing was heard since that many batches. */
  boolean isStaleSince(int before) {
    return served && heard == before;
  }

  /** The number of the next stream; the last one that there is ends the connection's use. */
  int nextId() {
    int id = nextId;
    nextId += 2;
    leaving |= nextId < 0;
    return id;
  }

  /** Writes a request's head. */
  void sendRequest(Http2ClientStream stream, ReceivedHead request, HeadPlan plan, boolean end) {
    // Nobody who speaks HTTP/1.0 waits for a 100.
    long drop = request.view.minorVersion() == 0 ? FieldSets.bit(WellKnown.EXPECT) : 0;
    encoder.request(request, plan, false, drop);
    sendHead(stream, end);
  }

  /** The response's head, valid during the call; null when it is malformed. */
  @Nullable ReceivedHead decodeResponse(Http2ClientStream stream, ByteBuf block) {
    ReceivedHead response = scratch.response;
    response.http2 = true;
    return heads.response(stream.id, block, scratch.slab, response) == HeadDecoder.OK
        ? response
        : null;
  }

  /** Trailers, valid during the call; null when they are malformed. */
  @Nullable HeadView decodeTrailers(Http2ClientStream stream, ByteBuf block) {
    ReceivedHead trailers = scratch.response;
    return heads.trailers(stream.id, block, scratch.slab, trailers) == HeadDecoder.OK
        ? trailers.view
        : null;
  }

  /** The stream is over, and nobody holds it any more. */
  void keep(Http2ClientStream stream) {
    scratch.kept.give(stream);
  }

  // The connection's side.

  @Override
  long now() {
    return now;
  }

  @Override
  void sendSettings() {
    writer.settings(
        PeerSettings.SETTINGS_ENABLE_PUSH, 0,
        PeerSettings.SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindow(),
        PeerSettings.SETTINGS_MAX_HEADER_LIST_SIZE, limits.maxHead());
  }

  @Override
  void onBegin() {
    // The first requests follow in the same write.
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    heard++;
    heardAt = now;
    super.channelRead(context, message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    super.channelReadComplete(context);
    if (!isOpen() || (leaving && openStreams() == 0)) {
      // Nobody here waits for what the peer might still say.
      leave();
    }
  }

  @Override
  void onNewHead(int stream, ByteBuf block, boolean end) {
    if (!wasOpened(stream)) {
      throw ConnectionError.protocol("a head on a stream that nobody opened");
    }
    // Of a stream that is over for us.
    heads.skip(stream, block);
  }

  @Override
  void onHead(Http2Stream stream, ByteBuf block, boolean end) {
    ((Http2ClientStream) stream).onHead(block, end);
  }

  @Override
  void onPeerLeaves(int lastStream, int code) {
    if (!leaving) {
      leaving = true;
      owner.onPeerLeaves(this);
    }
    for (int i = streams.size() - 1; i >= 0; i--) {
      if (i < streams.size() && streams.get(i).id > lastStream) {
        ((Http2ClientStream) streams.get(i)).refused();
      }
    }
  }

  @Override
  void onPong(long content) {
    pinging = false;
  }

  @Override
  void onSettled() {
    owner.onSettled(this);
  }

  @Override
  void onOver() {
    if (!settled) {
      owner.onNeverSettled(this);
    }
  }

  @Override
  int lastPeerStream() {
    return 0;
  }

  @Override
  boolean wasOpened(int stream) {
    return (stream & 1) == 1 && (stream < nextId || nextId < 0);
  }

  @Override
  void onGone() {
    owner.onClosed(this);
  }

  @Override
  void onBroken(ConnectionError error) {
    broken = true;
  }

  @Override
  void onStreamGone() {
    if (isOpen() && !leaving) {
      owner.onRoom(this);
    }
  }
}
