package dev.weft.sidecar.codec.http2;

import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.codec.http2.head.FieldList;
import dev.weft.sidecar.codec.http2.head.HeadEncoder;
import dev.weft.sidecar.codec.http2.head.Slab;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.channel.ChannelHandler;

/**
 * What the callers' HTTP/2 connections of one worker and one listener share: the streams that are
 * not in use, each with its exchange, and the storage for heads. Worker thread only.
 */
public final class Http2Server {
  final ServerConnections connections;
  final Http2Limits limits;
  final FieldList fields = new FieldList();
  final HeadEncoder encoder = new HeadEncoder();

  /** For trailers, which nobody keeps. */
  final Slab trailersSlab = new Slab();

  final ReceivedHead trailers = new ReceivedHead();

  private final Exchange.Factory exchanges;
  private final Kept<Http2ServerStream> kept = new Kept<>(Bound.H2_KEPT_STREAMS.intValue());

  /**
   * @param connections where they are counted, and who ends them
   * @param exchanges what serves their requests
   */
  public Http2Server(
      ServerConnections connections, Exchange.Factory exchanges, Http2Limits limits) {
    this.connections = connections;
    this.exchanges = exchanges;
    this.limits = limits;
  }

  /** The handler of a connection whose first bytes are, or will be, the client's preface. */
  public ChannelHandler newConnection() {
    return new Http2ServerConnection(this);
  }

  Http2ServerStream acquire(Http2ServerConnection connection) {
    Http2ServerStream stream = kept.take();
    if (stream == null) {
      stream = new Http2ServerStream(this, exchanges);
    }
    stream.connection = connection;
    return stream;
  }

  void release(Http2ServerStream stream) {
    kept.give(stream);
  }

  /** Lets go of streams that nobody needs; each connection asks for it about once a second. */
  void trim(long now) {
    kept.trim(now);
  }
}
