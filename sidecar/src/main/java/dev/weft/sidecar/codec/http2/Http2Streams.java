package dev.weft.sidecar.codec.http2;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.http2.frame.ConnectionError;
import dev.weft.sidecar.codec.http2.frame.Flood;
import dev.weft.sidecar.codec.http2.frame.FrameWriter;
import dev.weft.sidecar.codec.http2.head.HeadEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one HTTP/2 connection (RFC 9113, section 5), and what they send: heads at once,
 * bodies by {@link SendFlow}; what the peer may send is in {@link ReceiveFlow}. And when what is
 * gathered is flushed. Worker thread only.
 */
abstract class Http2Streams extends ChannelInboundHandlerAdapter {
  final Http2Limits limits;
  final FrameWriter writer = new FrameWriter();
  final Allowances allowances;
  final HeadEncoder encoder;

  /** What the peer has said of itself. */
  final PeerSettings peer;

  /** Open streams, in no order; and by their numbers. */
  final List<Http2Stream> streams = new ArrayList<>();

  final IntObjectHashMap<Http2Stream> table = new IntObjectHashMap<>(8);
  final SendFlow sends;
  final ReceiveFlow receives;
  final ResetStreams resets = new ResetStreams();

  @SuppressWarnings("NullAway.Init") // Set when the handler is added, before anything else.
  ChannelHandlerContext ctx;

  /** The stream whose DATA frame is under way. */
  @Nullable Http2Stream dataStream;

  /** Whether a batch is being read, at whose end is flushed. */
  boolean reading;

  private final Runnable deferredFlush = this::flushDeferred;
  private boolean flushScheduled;

  Http2Streams(boolean client, Http2Limits limits, HeadEncoder encoder) {
    this.limits = limits;
    this.encoder = encoder;
    this.peer = new PeerSettings(client);
    this.allowances = new Allowances(limits);
    this.sends = new SendFlow(this, writer, limits);
    this.receives = new ReceiveFlow(writer, limits);
  }

  /** The time by which streams grow old; that of the last tick is good enough. */
  abstract long now();

  /** Whether the stream may exist: it has, or had, been opened by either side. */
  abstract boolean wasOpened(int stream);

  /** A stream has left the table. */
  abstract void onStreamGone();

  /** Says what was wrong and ends the connection; its streams are told. */
  abstract void fail(ConnectionError error);

  final @Nullable Http2Stream stream(int id) {
    return table.get(id);
  }

  final int openStreams() {
    return streams.size();
  }

  /** What has come of all streams and waits for its readers. */
  final int heldBytes() {
    return receives.held();
  }

  /** Puts a stream that is open in the table. */
  final void add(Http2Stream stream, int id) {
    stream.begin(id, peer.initialWindow(), limits.streamWindow(), now());
    stream.index = streams.size();
    streams.add(stream);
    table.put(id, stream);
    allowances.useful();
  }

  final void remove(Http2Stream stream) {
    table.remove(stream.id);
    Http2Stream last = streams.removeLast();
    if (last.index != stream.index) {
      last.index = stream.index;
      streams.set(stream.index, last);
    }
    if (dataStream != null && dataStream.id == stream.id) {
      dataStream = null;
    }
    sends.drop(stream);
    receives.drop(stream);
    stream.id = 0;
    onStreamGone();
  }

  /** Writes the encoder's head. */
  final void sendHead(Http2Stream stream, boolean end) {
    if (stream.id == 0 || stream.localEnded) {
      return;
    }
    allowances.useful();
    stream.localEnded |= end;
    writer.head(stream.id, encoder.block(), encoder.length(), end);
    if (end) {
      onEndWritten(stream);
    }
  }

  /** Writes trailers, which end the stream; false when there is nothing in them to be sent. */
  final boolean writeTrailers(Http2Stream stream, HeadView trailers) {
    if (!encoder.trailers(trailers)) {
      return false;
    }
    writer.head(stream.id, encoder.block(), encoder.length(), true);
    return true;
  }

  /** More of the body; takes it over. */
  final void sendData(Http2Stream stream, ByteBuf data) {
    if (stream.id == 0 || stream.localEnded) {
      data.release();
    } else {
      sends.data(stream, data);
    }
  }

  /** Ends our direction, behind what is queued. */
  final void sendEnd(Http2Stream stream, @Nullable HeadView trailers) {
    if (stream.id != 0 && !stream.localEnded) {
      stream.localEnded = true;
      sends.end(stream, trailers);
    }
  }

  /** Our END_STREAM is written. */
  final void onEndWritten(Http2Stream stream) {
    stream.localClosed = true;
    stream.onEndWritten();
    closeIfWhole(stream);
  }

  final void closeIfWhole(Http2Stream stream) {
    if (stream.id != 0 && stream.localClosed && stream.remoteEnded) {
      remove(stream);
      allowances.completed();
      stream.onClosed();
    }
  }

  /** Ends a stream of which the stream's owner knows already. */
  final void reset(Http2Stream stream, int code) {
    if (stream.id != 0) {
      writer.reset(stream.id, code);
      resets.add(stream.id);
      remove(stream);
      flushLater();
    }
  }

  /** Refuses a stream that is not in the table. */
  final void refuse(int id, int code) {
    writer.reset(id, code);
    resets.add(id);
    flushLater();
  }

  /** What the peer sent ends the stream: counted, since it costs the peer nothing. */
  final void streamError(int id, int code, String detail) {
    Http2Stream stream = table.get(id);
    if (stream == null) {
      if (!wasOpened(id)) {
        throw ConnectionError.of(code, detail);
      }
      refuse(id, code);
    } else {
      reset(stream, code);
      stream.onReset(code, false, detail);
    }
    spend(Flood.RESET);
  }

  /** Lets more of the peer's data come on a stream, or not. */
  final void setReading(Http2Stream stream, boolean on) {
    if (stream.id != 0 && stream.reading != on) {
      stream.reading = on;
      stream.since = now();
      if (on) {
        receives.release(stream);
        flushLater();
      }
    }
  }

  final void spend(Flood flood) {
    if (allowances.exceeds(flood)) {
      throw ConnectionError.flood(flood);
    }
  }

  /** As {@link #spend}, for where nobody expects the connection to end. */
  final void spendLater(Flood flood) {
    if (allowances.exceeds(flood)) {
      ctx.executor().execute(() -> fail(ConnectionError.flood(flood)));
    }
  }

  // Flushing.

  /** Flushes soon: at the end of the batch that is read, or of the loop's round. */
  final void flushLater() {
    if (!reading && !flushScheduled) {
      flushScheduled = true;
      ctx.executor().execute(deferredFlush);
    }
  }

  /** What the socket takes now need not stop the sender. */
  final void flushNow() {
    writer.flush();
  }

  private void flushDeferred() {
    flushScheduled = false;
    flushNow();
  }
}
