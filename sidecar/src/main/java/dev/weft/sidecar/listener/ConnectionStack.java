package dev.weft.sidecar.listener;

import dev.weft.sidecar.codec.Http1ServerConnection;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.tls.TlsAcceptor;
import io.netty.channel.ChannelHandler;
import org.jspecify.annotations.Nullable;

/**
 * How a worker serves one listener's connections: what there is for each protocol that their first
 * bytes may show. Immutable; worker thread only.
 *
 * @param connections where those are counted that are not known yet
 * @param http1 serves what nothing else does, and refuses what is no HTTP/1
 * @param http2 null: such a connection is refused by {@code http1}
 * @param tls null: such a connection is refused by {@code http1}
 */
public record ConnectionStack(
    ServerConnections connections,
    ProtocolStack http1,
    @Nullable ProtocolStack http2,
    @Nullable ProtocolStack tls) {

  /** HTTP/1 and nothing else. */
  public static ConnectionStack http1(ServerConnections connections, Exchange.Factory exchanges) {
    return new ConnectionStack(
        connections,
        (pipeline, hello) -> pipeline.addLast(new Http1ServerConnection(connections, exchanges)),
        null,
        null);
  }

  public ConnectionStack withHttp2(ProtocolStack stack) {
    return new ConnectionStack(connections, http1, stack, tls);
  }

  public ConnectionStack withTls(ProtocolStack stack) {
    return new ConnectionStack(connections, http1, http2, stack);
  }

  /** TLS around all that there is; without it, only where the acceptor allows it. */
  public ConnectionStack terminating(TlsAcceptor acceptor) {
    var secured = new TlsStack(acceptor, this);
    if (acceptor.plaintextAllowed()) {
      return withTls(secured);
    }
    return new ConnectionStack(
        connections,
        (pipeline, hello) -> pipeline.addLast(new PlaintextRefusal(connections)),
        null,
        secured);
  }

  /** The handler to begin with; it finds out and replaces itself. */
  public ChannelHandler detection() {
    return new DetectionHandler(this);
  }

  ProtocolStack serving(Protocol protocol) {
    ProtocolStack found =
        switch (protocol) {
          case HTTP2 -> http2;
          case TLS -> tls;
          case HTTP1, TCP -> http1;
        };
    return found == null ? http1 : found;
  }
}
