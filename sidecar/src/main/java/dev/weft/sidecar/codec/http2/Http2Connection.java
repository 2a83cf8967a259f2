package dev.weft.sidecar.codec.http2;

import dev.weft.sidecar.codec.http2.frame.ConnectionError;
import dev.weft.sidecar.codec.http2.frame.FrameReader;
import dev.weft.sidecar.codec.http2.head.FieldList;
import dev.weft.sidecar.codec.http2.head.HeadEncoder;
import dev.weft.sidecar.telemetry.Logs;
import dev.weft.sidecar.tls.ConnectionEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import java.io.IOException;

/**
 * An HTTP/2 connection on its channel, as both ends share it (RFC 9113): begin, reads and when they
 * pause, errors and end. A subclass says what a head means and gives streams their objects. Worker
 * thread only.
 *
 * <p>Everything that one readable batch causes on this connection leaves with one flush at its end;
 * what other channels cause leaves with one flush at the end of the event loop's round.
 */
abstract class Http2Connection extends Http2Frames {
  private static final System.Logger LOG = Logs.of(Http2Connection.class);

  static final int MAX_STREAM_ID = Integer.MAX_VALUE;

  private final FrameReader reader;
  private final boolean client;
  private boolean open = true;
  private boolean paused;
  private long pausedAt;
  private boolean begun;

  /**
   * @param client whether this end opens the streams
   * @param fields shared by the connections of a worker, as the encoder is
   */
  Http2Connection(boolean client, Http2Limits limits, FieldList fields, HeadEncoder encoder) {
    super(client, limits, fields, encoder);
    this.client = client;
    this.reader = new FrameReader(this, !client, 2 * limits.maxHead());
  }

  // What a subclass says.

  /** No more streams and frames, while the channel may still be there; before streams are told. */
  void onOver() {}

  /** The last number that the peer may have used and that we have looked at. */
  abstract int lastPeerStream();

  /** The connection is over; streams have been told already. */
  abstract void onGone();

  /** The peer broke the protocol, or flooded us. */
  abstract void onBroken(ConnectionError error);

  // Channel.

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ctx = context;
    writer.attach(context);
    if (context.channel().isActive()) {
      begin();
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    begin();
  }

  private void begin() {
    if (!begun) {
      begun = true;
      if (client) {
        writer.preface();
      }
      sendSettings();
      receives.open();
      onBegin();
      flushLater();
    }
  }

  /** The channel is there, and our SETTINGS are written. */
  abstract void onBegin();

  /** Writes our SETTINGS. */
  abstract void sendSettings();

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (!open) {
      in.release();
      return;
    }
    reading = true;
    try {
      reader.read(in, context.alloc());
    } catch (ConnectionError e) {
      fail(e);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    // A stream may end by what it is told; those behind it move up.
    for (int i = streams.size() - 1; i >= 0; i--) {
      if (i < streams.size()) {
        Http2Stream stream = streams.get(i);
        if (stream.touched) {
          stream.touched = false;
          stream.onReadComplete();
        }
      }
    }
    reading = false;
    flushNow();
    pauseIfUnread();
  }

  /**
   * Reads no more from a peer that takes none of our answers. Data wait with their streams; it is
   * heads and acknowledgements that would pile up.
   */
  private void pauseIfUnread() {
    Channel channel = ctx.channel();
    if (!paused && channel.bytesBeforeWritable() > limits.maxQueued()) {
      paused = true;
      pausedAt = now();
      channel.config().setAutoRead(false);
    }
  }

  /** Whether the peer is not read from, because it does not read. */
  final boolean isPaused() {
    return paused;
  }

  /** Whether the peer has taken nothing of what waits for it for so long. */
  final boolean isUnreadFor(long nanos, long now) {
    return paused && now - pausedAt > nanos;
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (context.channel().isWritable()) {
      if (paused) {
        paused = false;
        context.channel().config().setAutoRead(true);
      }
      if (open) {
        sends.pump();
        flushLater();
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    gone("the connection ended");
    onGone();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.log(System.Logger.Level.ERROR, "An HTTP/2 connection is closed after an error", cause);
    }
    context.close();
  }

  // Ends.

  @Override
  public final boolean isOpen() {
    return open;
  }

  /** Whether a frame other than DATA is under way. */
  final boolean isWithinFrame() {
    return reader.isWithinFrame();
  }

  /** How many frames other than DATA have come; wraps. */
  final int frames() {
    return reader.frames();
  }

  @Override
  final void fail(ConnectionError error) {
    if (open) {
      LOG.log(System.Logger.Level.DEBUG, "An HTTP/2 connection is ended: {0}", error.getMessage());
      onBroken(error);
      writer.goAway(lastPeerStream(), error.code());
      gone(String.valueOf(error.getMessage()));
      finish();
    }
  }

  /** Ends the connection after what is queued, politely; streams that are left are cut off. */
  final void close() {
    gone("the connection is closed");
    finish();
  }

  /** The last byte has left: only the peer's end is awaited. */
  void onLastSent() {}

  private void finish() {
    writer.write();
    // Closing with unread bytes would reset the connection and lose what was said last.
    ctx.writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            (ChannelFutureListener)
                done -> {
                  onLastSent();
                  ConnectionEnd.halfClose(done);
                });
  }

  private void gone(String why) {
    if (!open) {
      return;
    }
    open = false;
    onOver();
    reader.close();
    while (!streams.isEmpty()) {
      Http2Stream stream = streams.getLast();
      remove(stream);
      stream.onLost(why);
    }
    if (!ctx.channel().isActive()) {
      writer.close();
    }
  }
}
