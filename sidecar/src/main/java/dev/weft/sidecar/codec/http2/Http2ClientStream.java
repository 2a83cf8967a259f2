package dev.weft.sidecar.codec.http2;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.http2.frame.ErrorCode;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.http.ResponseListener;
import dev.weft.sidecar.http.UpstreamStream;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One exchange on an {@link Http2ClientConnection}, and another after it, on whichever connection
 * of its worker. Worker thread only.
 */
final class Http2ClientStream extends Http2Stream implements UpstreamStream {
  private static final byte[] HEAD = "HEAD".getBytes(StandardCharsets.US_ASCII);

  @SuppressWarnings("NullAway.Init") // Set by the connection that opens it.
  Http2ClientConnection connection;

  private @Nullable ResponseListener listener;
  private boolean headRequest;
  private boolean responding;
  private int heardBefore;

  // The exchange's side.

  @Override
  public void send(ReceivedHead request, HeadPlan plan, boolean end, ResponseListener answer) {
    listener = answer;
    headRequest = request.view.methodIs(HEAD);
    responding = false;
    heardBefore = connection.heard();
    connection.add(this, connection.nextId());
    int inline = request.inlineBody;
    connection.sendRequest(this, request, plan, end && inline == 0);
    if (inline > 0) {
      connection.sendData(this, request.buffer.retainedSlice(request.end, inline));
      if (end) {
        connection.sendEnd(this, null);
      }
    }
  }

  @Override
  public void data(ByteBuf data) {
    connection.sendData(this, data);
  }

  @Override
  public void end(@Nullable HeadView trailers) {
    connection.sendEnd(this, trailers);
  }

  @Override
  public void flush() {
    connection.flushLater();
  }

  @Override
  public void cancel() {
    listener = null;
    connection.reset(this, ErrorCode.CANCEL);
    connection.keep(this);
  }

  @Override
  public void readResponse(boolean on) {
    connection.setReading(this, on);
  }

  // The connection's side.

  /** A head: of a 1xx response, of the final one, or trailers. */
  void onHead(ByteBuf block, boolean end) {
    ResponseListener l = listener;
    if (l == null) {
      connection.heads.skip(id, block);
    } else if (responding) {
      onTrailers(block, end);
    } else {
      ReceivedHead response = connection.decodeResponse(this, block);
      if (response == null) {
        malformed(connection.heads.problem());
      } else if (response.view.status() >= 200) {
        onResponse(l, response, end);
      } else if (end) {
        malformed("a 1xx response that ends the stream");
      } else {
        l.onInformational(response);
      }
    }
  }

  private void onResponse(ResponseListener l, ReceivedHead response, boolean end) {
    int status = response.view.status();
    long length = connection.heads.contentLength();
    boolean bodyless = headRequest || status == 204 || status == 304;
    if (end && length > 0 && !bodyless) {
      malformed("content-length without content");
      return;
    }
    response.bodyLength = bodyless || end ? 0 : length < 0 ? ReceivedHead.UNKNOWN_LENGTH : length;
    responding = true;
    if (end) {
      over();
      l.onResponse(response, true);
    } else {
      contentLeft = bodyless ? 0 : length;
      l.onResponse(response, false);
    }
  }

  private void onTrailers(ByteBuf block, boolean end) {
    HeadView trailers = connection.decodeTrailers(this, block);
    if (trailers == null) {
      malformed(connection.heads.problem());
    } else if (!end || contentLeft > 0) {
      malformed(
          end ? "less content than content-length says" : "trailers that do not end the stream");
    } else {
      connection.endRemote(this, trailers);
    }
  }

  /** The response is whole, and so is the exchange, whatever was still to be sent. */
  private void over() {
    listener = null;
    remoteEnded = true;
    if (localClosed) {
      connection.closeIfWhole(this);
    } else {
      connection.reset(this, ErrorCode.NO_ERROR);
      connection.keep(this);
    }
  }

  private void malformed(String what) {
    connection.streamError(id, ErrorCode.PROTOCOL_ERROR, what);
  }

  /** The peer took its leave before it looked at this stream. */
  void refused() {
    ResponseListener l = listener;
    listener = null;
    connection.reset(this, ErrorCode.CANCEL);
    connection.keep(this);
    if (l != null) {
      l.onFailed(Failure.STREAM_REFUSED, "the peer took its leave and did not look at the request");
    }
  }

  @Override
  void onData(ByteBuf data) {
    ResponseListener l = listener;
    if (l != null && responding) {
      l.onData(data);
    } else {
      data.release();
      malformed("DATA before the head of a response");
    }
  }

  @Override
  void onReadComplete() {
    ResponseListener l = listener;
    if (l != null) {
      l.onReadComplete();
    }
  }

  @Override
  void onEnd(@Nullable HeadView last) {
    ResponseListener l = listener;
    if (!responding) {
      malformed("the stream ended before the head of a response");
    } else if (l != null) {
      over();
      l.onEnd(last);
    }
  }

  @Override
  void onWritable() {
    ResponseListener l = listener;
    if (l != null) {
      l.onWritabilityChanged();
    }
  }

  @Override
  void onReset(int code, boolean byPeer, String detail) {
    ResponseListener l = listener;
    listener = null;
    connection.keep(this);
    if (l != null) {
      l.onFailed(failure(code, byPeer), detail);
    }
  }

  private Failure failure(int code, boolean byPeer) {
    if (!byPeer) {
      return responding ? Failure.RESPONSE_CUT : Failure.UPSTREAM_PROTOCOL_ERROR;
    }
    if (responding) {
      return ErrorCode.within(code);
    }
    return code == ErrorCode.REFUSED_STREAM ? Failure.STREAM_REFUSED : Failure.STREAM_RESET;
  }

  @Override
  void onLost(String detail) {
    ResponseListener l = listener;
    listener = null;
    Failure failure = lost();
    connection.keep(this);
    if (l != null) {
      l.onFailed(failure, detail);
    }
  }

  private Failure lost() {
    if (responding) {
      return Failure.RESPONSE_CUT;
    }
    if (connection.isBroken()) {
      return Failure.UPSTREAM_PROTOCOL_ERROR;
    }
    return connection.isStaleSince(heardBefore) ? Failure.STALE_CONNECTION : Failure.UPSTREAM_RESET;
  }

  @Override
  void onClosed() {
    connection.keep(this);
  }
}
