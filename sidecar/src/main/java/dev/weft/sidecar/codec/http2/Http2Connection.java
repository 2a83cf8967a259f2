package dev.weft.sidecar.codec.http2;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.http2.frame.ConnectionError;
import dev.weft.sidecar.codec.http2.frame.ErrorCode;
import dev.weft.sidecar.codec.http2.frame.Flood;
import dev.weft.sidecar.codec.http2.frame.FrameReader;
import dev.weft.sidecar.codec.http2.frame.FrameSink;
import dev.weft.sidecar.codec.http2.head.FieldList;
import dev.weft.sidecar.codec.http2.head.HeadDecoder;
import dev.weft.sidecar.codec.http2.head.HeadEncoder;
import dev.weft.sidecar.telemetry.Logs;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What both ends of an HTTP/2 connection share (RFC 9113): what frames mean to streams, settings,
 * errors, and the connection's begin and end. A subclass says what a head means and gives streams
 * their objects. Worker thread only.
 *
 * <p>Everything that one readable batch causes on this connection leaves with one flush at its end;
 * what other channels cause leaves with one flush at the end of the event loop's round.
 */
abstract class Http2Connection extends Http2Streams implements FrameSink {
  private static final System.Logger LOG = Logs.of(Http2Connection.class);

  static final int MAX_STREAM_ID = Integer.MAX_VALUE;

  final HeadDecoder heads;

  private final FrameReader reader;

  /** Whether the peer's first SETTINGS have come. */
  boolean settled;

  private final boolean client;
  private boolean open = true;
  private boolean paused;
  private long pausedAt;
  private boolean dataEndsStream;
  private boolean dataAccepted;
  private boolean begun;

  /**
   * @param client whether this end opens the streams
   * @param fields shared by the connections of a worker, as the encoder is
   */
  Http2Connection(boolean client, Http2Limits limits, FieldList fields, HeadEncoder encoder) {
    super(client, limits, encoder);
    this.client = client;
    this.heads = new HeadDecoder(fields, limits.maxHead(), limits.maxHeaders());
    this.reader = new FrameReader(this, !client, 2 * limits.maxHead());
  }

  // What a subclass says.

  /**
   * A head on a stream that is not in the table: one that the peer opens, or an error.
   *
   * @throws ConnectionError when it may not be
   */
  abstract void onNewHead(int stream, ByteBuf block, boolean end);

  /** A head on an open stream whose peer has not ended it. */
  abstract void onHead(Http2Stream stream, ByteBuf block, boolean end);

  /** The peer's GOAWAY. */
  abstract void onPeerLeaves(int lastStream, int code);

  /** The answer to a PING of ours. */
  abstract void onPong(long content);

  /** The peer's SETTINGS are in force. */
  abstract void onSettled();

  /** Our SETTINGS are in force. */
  void onSettingsAck() {}

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

  // Frames.

  @Override
  public final boolean isOpen() {
    return open;
  }

  @Override
  public final void onHeaders(int id, ByteBuf block, boolean end, boolean dependsOnItself) {
    Http2Stream stream = table.get(id);
    if (stream == null) {
      if (wasOpened(id) && resets.contains(id)) {
        // On its way when we ended the stream; the table of HPACK must see it all the same.
        heads.skip(id, block);
      } else {
        onNewHead(id, block, end);
      }
    } else if (stream.remoteEnded) {
      heads.skip(id, block);
      streamError(id, ErrorCode.STREAM_CLOSED, "a head after the end of the stream");
    } else {
      stream.since = now();
      onHead(stream, block, end);
    }
    if (dependsOnItself) {
      streamError(id, ErrorCode.PROTOCOL_ERROR, "a stream that depends on itself");
    }
  }

  @Override
  public final void onDataFrame(int id, int flowLength, int content, boolean end) {
    receives.received(flowLength);
    Http2Stream stream = table.get(id);
    dataEndsStream = end;
    dataStream = null;
    dataAccepted = false;
    if (stream == null) {
      receives.consumed(flowLength);
      if (!wasOpened(id)) {
        throw ConnectionError.protocol("DATA on an idle stream");
      }
      if (!resets.contains(id)) {
        streamError(id, ErrorCode.STREAM_CLOSED, "DATA after the end of the stream");
      }
      return;
    }
    if (content == 0 && !end) {
      spend(Flood.EMPTY_DATA);
    } else {
      allowances.useful();
    }
    if (stream.remoteEnded) {
      receives.consumed(flowLength);
      streamError(id, ErrorCode.STREAM_CLOSED, "DATA after the end of the stream");
    } else if (flowLength > stream.receiveWindow) {
      receives.consumed(flowLength);
      streamError(id, ErrorCode.FLOW_CONTROL_ERROR, "more DATA than the stream's window");
    } else if (stream.contentLeft >= 0
        && (content > stream.contentLeft || (end && content < stream.contentLeft))) {
      receives.consumed(flowLength);
      streamError(id, ErrorCode.PROTOCOL_ERROR, "DATA that does not add up to content-length");
    } else {
      stream.receiveWindow -= flowLength;
      stream.since = now();
      if (stream.contentLeft >= 0) {
        stream.contentLeft -= content;
      }
      receives.consumed(stream, flowLength - content);
      dataStream = stream;
      dataAccepted = true;
    }
  }

  @Override
  public final void onDataBytes(ByteBuf in, int at, int length) {
    Http2Stream stream = dataStream;
    if (stream != null) {
      stream.touched = true;
      stream.onData(in.retainedSlice(at, length));
    }
    // What it was told may have ended it.
    if (stream != null && dataStream != null) {
      receives.consumed(stream, length);
    } else if (dataAccepted) {
      receives.consumed(length);
    }
  }

  @Override
  public final void onDataEnd(boolean end) {
    Http2Stream stream = dataStream;
    dataStream = null;
    if (stream != null && dataEndsStream) {
      endRemote(stream, null);
    }
  }

  /** The peer has ended its direction, with or without trailers. */
  final void endRemote(Http2Stream stream, @Nullable HeadView last) {
    stream.remoteEnded = true;
    stream.onEnd(last);
    closeIfWhole(stream);
  }

  @Override
  public final void onPriority(int id, boolean wellFormed, boolean dependsOnItself) {
    if (!wellFormed) {
      streamError(id, ErrorCode.FRAME_SIZE_ERROR, "PRIORITY of the wrong size");
    } else if (dependsOnItself) {
      streamError(id, ErrorCode.PROTOCOL_ERROR, "a stream that depends on itself");
    }
    spend(Flood.PRIORITY);
  }

  @Override
  public final void onUnknown() {
    spend(Flood.PRIORITY);
  }

  @Override
  public final void onReset(int id, int code) {
    Http2Stream stream = table.get(id);
    if (stream == null) {
      if (!wasOpened(id)) {
        throw ConnectionError.protocol("RST_STREAM on an idle stream");
      }
      spend(Flood.PRIORITY);
      return;
    }
    // Who waits before it gives up, as a timeout does, harms nobody; who does not, does.
    boolean rapid = stream.begunAt == now() && !(stream.localEnded && stream.remoteEnded);
    remove(stream);
    stream.onReset(code, true, "the peer reset the stream");
    if (rapid) {
      spend(Flood.RESET);
    }
  }

  @Override
  public final void onSettings(boolean ack, ByteBuf payload) {
    if (ack) {
      onSettingsAck();
      return;
    }
    spend(Flood.SETTINGS);
    int widened = peer.apply(payload);
    if (widened != 0) {
      sends.changeWindows(streams, widened);
    }
    writer.settingsAck();
    if (!settled) {
      settled = true;
      onSettled();
    }
    sends.pump();
    flushLater();
  }

  @Override
  public final void onPing(boolean ack, long content) {
    if (ack) {
      onPong(content);
      return;
    }
    spend(Flood.PING);
    writer.ping(true, content);
  }

  @Override
  public final void onGoAway(int lastStream, int code) {
    spend(Flood.SETTINGS);
    onPeerLeaves(lastStream, code);
  }

  @Override
  public final void onWindowUpdate(int id, int increment) {
    spend(Flood.WINDOW_UPDATE);
    if (id == 0) {
      sends.widen(increment);
      return;
    }
    Http2Stream stream = table.get(id);
    if (stream == null) {
      if (!wasOpened(id)) {
        throw ConnectionError.protocol("WINDOW_UPDATE on an idle stream");
      }
    } else if (increment == 0) {
      streamError(id, ErrorCode.PROTOCOL_ERROR, "a WINDOW_UPDATE by nothing");
    } else if (!sends.widen(stream, increment)) {
      streamError(id, ErrorCode.FLOW_CONTROL_ERROR, "a window above 2^31-1");
    }
  }

  @Override
  public final ConnectionError flood(Flood flood) {
    return ConnectionError.flood(flood);
  }

  // Ends.

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
    Channel channel = ctx.channel();
    // Closing with unread bytes would reset the connection and lose what was said last.
    ctx.writeAndFlush(io.netty.buffer.Unpooled.EMPTY_BUFFER)
        .addListener(
            (ChannelFutureListener)
                done -> {
                  onLastSent();
                  if (done.isSuccess() && channel instanceof DuplexChannel duplex) {
                    duplex.shutdownOutput();
                  } else {
                    channel.close();
                  }
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
