package dev.weft.sidecar.codec.http1;

import dev.weft.common.head.HeadView;
import dev.weft.sidecar.codec.Buffers;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.codec.http1.Http1ServerConnection.Phase;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Takes requests out of what a caller sends over HTTP/1.1, as far as its connection's phase lets
 * it. What comes too early, and the begin of a head, is kept in one buffer. One per connection.
 * Worker thread only.
 */
final class Http1RequestReader implements BodyDecoder.Sink {
  private final Http1ServerConnection connection;
  private final ServerConnections connections;
  private final Http1ServerStream stream;
  private final ReceivedHead request;
  private final Exchange exchange;
  private final Http1HeadParser parser;
  private final BodyDecoder body;

  private @Nullable ByteBuf pending;
  private boolean reading;
  private boolean withinHead;

  Http1RequestReader(
      Http1ServerConnection connection, ServerConnections connections, Http1ServerStream stream) {
    this.connection = connection;
    this.connections = connections;
    this.stream = stream;
    this.request = stream.request;
    this.exchange = stream.exchange;
    this.parser = new Http1HeadParser(connections.limits());
    this.body = new BodyDecoder(parser);
  }

  /** Whether something is kept: the begin of a head, or what came too early. */
  boolean hasPending() {
    return pending != null;
  }

  /** Whether a buffer is being read, after which the connection decides on what is read next. */
  boolean isReading() {
    return reading;
  }

  /** Takes what has come, behind what is kept. */
  void read(ByteBuf in, ByteBufAllocator alloc) {
    ByteBuf before = pending;
    if (before == null) {
      readAll(in);
    } else {
      pending = null;
      readAll(Buffers.join(before, in, alloc));
    }
  }

  /** The connection is at the next request. */
  void resume() {
    if (!reading) {
      ByteBuf next = takePending();
      if (next != null) {
        readAll(next);
      }
    }
  }

  /** Gives away what is kept; null: nothing is. */
  @Nullable ByteBuf takePending() {
    ByteBuf kept = pending;
    pending = null;
    return kept;
  }

  void releasePending() {
    ByteBuf kept = takePending();
    if (kept != null) {
      kept.release();
    }
  }

  /** The request is over: nothing is left of its body. */
  void endBody() {
    body.reset();
  }

  private void readAll(ByteBuf in) {
    reading = true;
    boolean keep = false;
    try {
      keep = decode(in);
    } finally {
      reading = false;
      if (!keep) {
        in.release();
      }
    }
    connection.updateReads();
  }

  /** Takes what can be taken; true when the rest of the buffer is kept for later. */
  private boolean decode(ByteBuf in) {
    int at = in.readerIndex();
    int limit = in.writerIndex();
    while (true) {
      switch (connection.phase()) {
        case HEAD -> {
          if (at == limit) {
            return false;
          }
          ByteBuffer slab = Slabs.of(in);
          int end = parser.request(slab, at, limit, request);
          if (end == Http1HeadParser.NEED_MORE) {
            return keepHead(in, at);
          }
          if (end == Http1HeadParser.REFUSED) {
            reached(parser.refusal().bound());
            connection.refuse(parser.refusal().failure(), parser.refusal().problem());
            return false;
          }
          at = begin(in, end, limit);
        }
        case BODY -> {
          connection.goesOn();
          if (at == limit) {
            return false;
          }
          at = body.decode(in, at, limit, this);
          if (at == BodyDecoder.REFUSED) {
            connections.protocolError();
            reached(body.bound());
            connection.refuseBody(Failure.BAD_REQUEST, body.problem());
            return false;
          }
        }
        case RESPONSE -> {
          return at < limit && keep(in, at);
        }
        case TUNNEL -> {
          connection.goesOn();
          if (at < limit) {
            exchange.onData(in.retain().setIndex(at, limit));
          }
          return false;
        }
        case LINGER, CLOSED -> {
          return false;
        }
      }
    }
  }

  private boolean keepHead(ByteBuf in, int from) {
    if (!withinHead) {
      connection.goesOn();
      withinHead = true;
    }
    return keep(in, from);
  }

  private boolean keep(ByteBuf in, int from) {
    pending = in.setIndex(from, in.writerIndex());
    return true;
  }

  private int begin(ByteBuf in, int end, int limit) {
    request.buffer = in.retain();
    request.end = end;
    int inline = request.chunked ? 0 : (int) Math.min(request.bodyLength, limit - end);
    request.inlineBody = inline;
    boolean whole = !request.chunked && inline == request.bodyLength;
    stream.begin();
    withinHead = false;
    body.begin(request);
    connection.onRequest(whole);
    return end + inline;
  }

  @Override
  public void bodyData(ByteBuf data) {
    if (connection.phase() == Phase.BODY) {
      exchange.onData(data);
    } else {
      data.release();
    }
  }

  @Override
  public void bodyEnd(@Nullable HeadView trailers, boolean more) {
    if (connection.phase() == Phase.BODY) {
      connection.onRequestEnd(trailers);
    }
  }

  private void reached(@Nullable Bound bound) {
    if (bound != null) {
      connections.reached(bound);
    }
  }
}
