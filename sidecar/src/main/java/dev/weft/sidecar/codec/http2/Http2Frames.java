package dev.weft.sidecar.codec.http2;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.http2.frame.ConnectionError;
import dev.weft.sidecar.codec.http2.frame.ErrorCode;
import dev.weft.sidecar.codec.http2.frame.Flood;
import dev.weft.sidecar.codec.http2.frame.FrameSink;
import dev.weft.sidecar.codec.http2.head.FieldList;
import dev.weft.sidecar.codec.http2.head.HeadDecoder;
import dev.weft.sidecar.codec.http2.head.HeadEncoder;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What the frames that come over an HTTP/2 connection mean to it and to its streams (RFC 9113,
 * sections 5 and 6), alike for both ends, and which of them cost the peer something. A subclass
 * says what a head means. Worker thread only.
 */
abstract class Http2Frames extends Http2Streams implements FrameSink {
  final HeadDecoder heads;

  /** Whether the peer's first SETTINGS have come. */
  boolean settled;

  private boolean dataEndsStream;
  private boolean dataAccepted;

  /**
   * @param client whether this end opens the streams
   * @param fields shared by the connections of a worker, as the encoder is
   */
  Http2Frames(boolean client, Http2Limits limits, FieldList fields, HeadEncoder encoder) {
    super(client, limits, encoder);
    this.heads = new HeadDecoder(fields, limits.maxHead(), limits.maxHeaders());
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

  // What frames mean.

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
}
