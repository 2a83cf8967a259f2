package dev.weft.sidecar.codec.http2;

import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.http.ReceivedHead;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.channel.ChannelHandler;
import java.util.ArrayList;
import java.util.List;

/**
 * What the callers' HTTP/2 connections of one worker and one listener share: the streams that are
 * not in use, each with its exchange, and the storage for heads. Worker thread only.
 */
public final class Http2Server {
  /** Streams kept for use again. */
  private static final int KEPT_STREAMS = Bound.H2_KEPT_STREAMS.intValue();

  final ServerConnections connections;
  final Http2Limits limits;
  final FieldList fields = new FieldList();
  final HeadEncoder encoder = new HeadEncoder();

  /** For trailers, which nobody keeps. */
  final Slab trailersSlab = new Slab();

  final ReceivedHead trailers = new ReceivedHead();

  private final Exchange.Factory exchanges;
  private final List<Http2ServerStream> free = new ArrayList<>();

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
    Http2ServerStream stream =
        free.isEmpty() ? new Http2ServerStream(this, exchanges) : free.removeLast();
    stream.connection = connection;
    return stream;
  }

  void release(Http2ServerStream stream) {
    if (free.size() < KEPT_STREAMS) {
      free.add(stream);
    }
  }
}
