package dev.weft.sidecar.listener;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.sidecar.codec.ServerConnections;
import dev.weft.sidecar.codec.http1.Http1ServerConnection;
import dev.weft.sidecar.codec.http2.Http2Limits;
import dev.weft.sidecar.codec.http2.Http2Server;
import dev.weft.sidecar.destination.OriginalDestination;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.proxy.InterceptedPath;
import dev.weft.sidecar.proxy.InterceptedPath.Way;
import dev.weft.sidecar.proxy.Worker;
import dev.weft.sidecar.proxyprotocol.AddressRanges;
import dev.weft.sidecar.relay.Relay;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.tls.TlsAcceptor;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a worker serves one listener's connections: what there is for each protocol that their first
 * bytes may show. Made once, at the start; then worker thread only.
 */
public final class ConnectionStack {
  private static final String TCP = "TCP";
  private static final String TLS = "TLS";

  private final ServerConnections connections;
  private final SilenceWait silence;
  private final ProtocolStack http1;
  private @Nullable ProtocolStack http2;
  private @Nullable ProtocolStack tls;
  private @Nullable RelayStack relays;
  private boolean terminates;
  private @Nullable InterceptedPath intercepted;
  private AddressRanges proxies = AddressRanges.NONE;
  private Supplier<@Nullable WireProtocol> declared = () -> WireProtocol.HTTP1;

  private ConnectionStack(Worker worker, Direction direction, ProtocolStack http1) {
    this(
        worker.downstream(direction), new SilenceWait(worker.eventLoop(), worker::nanoTime), http1);
  }

  private ConnectionStack(ServerConnections connections, SilenceWait silence, ProtocolStack http1) {
    this.connections = connections;
    this.silence = silence;
    this.http1 = http1;
  }

  /** HTTP/1, which refuses what is something else. */
  public static ConnectionStack http1(
      Worker worker, Direction direction, Exchange.Factory exchanges) {
    ServerConnections connections = worker.downstream(direction);
    return new ConnectionStack(
        worker,
        direction,
        (pipeline, hello) -> pipeline.addLast(new Http1ServerConnection(connections, exchanges)));
  }

  /** HTTP/1, and HTTP/2 with prior knowledge or by ALPN. */
  public static ConnectionStack http(
      Worker worker, Direction direction, Exchange.Factory exchanges, Http2Limits limits) {
    var http2 = new Http2Server(worker.downstream(direction), exchanges, limits);
    return http1(worker, direction, exchanges)
        .withHttp2((pipeline, hello) -> pipeline.addLast(http2.newConnection()));
  }

  /** Bytes, whatever they are: nobody looks at them, and the upstream is dialled at once. */
  public static ConnectionStack bytes(Worker worker, Direction direction, RelayStack relays) {
    return new ConnectionStack(
            worker,
            direction,
            (pipeline, hello) -> pipeline.addLast(relays.newRelay(hello).handler()))
        .withBytes(relays, () -> WireProtocol.TCP);
  }

  /** HTTP/2 with prior knowledge. */
  public ConnectionStack withHttp2(ProtocolStack stack) {
    http2 = stack;
    return this;
  }

  /** TLS; without it, bytes are, and if there are none either, it is refused. */
  public ConnectionStack withTls(ProtocolStack stack) {
    tls = stack;
    return this;
  }

  /** TLS around all that there is; without it, only where the acceptor allows it. */
  public ConnectionStack terminating(TlsAcceptor acceptor) {
    boolean plaintext = acceptor.plaintextAllowed();
    var outer =
        new ConnectionStack(
            connections,
            silence,
            plaintext
                ? http1
                : (pipeline, hello) -> pipeline.addLast(new PlaintextRefusal(connections)));
    outer.tls = new TlsStack(acceptor, this);
    outer.terminates = true;
    outer.proxies = proxies;
    if (plaintext) {
      outer.http2 = http2;
      outer.relays = relays;
      outer.declared = declared;
    }
    return outer;
  }

  /**
   * What is neither HTTP nor TLS, and clients that wait for the server to speak.
   *
   * @param protocol asked for each connection: TCP is not looked at, HTTP is never taken for bytes;
   *     null: the first bytes tell
   */
  public ConnectionStack withBytes(RelayStack stack, Supplier<@Nullable WireProtocol> protocol) {
    relays = stack;
    declared = protocol;
    return this;
  }

  /** Peers that begin with a PROXY header; a header from another is not believed. */
  public ConnectionStack withProxyHeaderFrom(AddressRanges peers) {
    proxies = peers;
    return this;
  }

  /** Only connections that the kernel has redirected, each by where it was meant to go. */
  public ConnectionStack withRedirected(InterceptedPath path) {
    intercepted = path;
    tls =
        (pipeline, hello) -> {
          OriginalDestination to = OriginalDestination.of(pipeline.channel());
          pipeline.addLast(relay(path, Objects.requireNonNull(to), hello).handler());
        };
    return this;
  }

  /** Whether what comes is declared to be neither HTTP nor anything else that is known. */
  boolean onlyBytes() {
    return relays != null && declared.get() == WireProtocol.TCP;
  }

  /** The handler to begin with. */
  public ChannelHandler begin(Channel channel) {
    InterceptedPath path = intercepted;
    if (path != null) {
      return redirected(channel, path);
    }
    return proxies.contains(channel.remoteAddress())
        ? new ProxyHeaderHandler(this)
        : afterProxyHeader();
  }

  private ChannelHandler redirected(Channel channel, InterceptedPath path) {
    OriginalDestination to = OriginalDestinations.of(channel);
    if (to == null) {
      return new NotRedirected(connections);
    }
    to.rememberedBy(channel);
    Way way = path.find(to);
    return way == null ? new InterceptedHandler(this, path, to) : serving(way, path, to);
  }

  /** The handler for a redirected connection whose way is known. */
  ChannelHandler serving(Way way, InterceptedPath path, OriginalDestination to) {
    return switch (way) {
      case PASSTHROUGH -> path.passOn(to).handler();
      case BYTES -> path.newRelay(to, "", TCP).handler();
      case HTTP -> new DetectionHandler(this, null, false);
      case UNDECLARED -> new DetectionHandler(this, hello -> relay(path, to, hello), false);
    };
  }

  private static Relay relay(
      InterceptedPath path, OriginalDestination to, @Nullable ClientHello hello) {
    String name = hello == null ? null : hello.serverName();
    return path.newRelay(to, name == null ? "" : name, hello == null ? TCP : TLS);
  }

  /** The handler to go on with. */
  ChannelHandler afterProxyHeader() {
    RelayStack bytes = relays;
    WireProtocol protocol = declared.get();
    boolean onlyBytes = bytes != null && protocol == WireProtocol.TCP;
    if (bytes != null && onlyBytes && !terminates) {
      return bytes.newRelay(null).handler();
    }
    return new DetectionHandler(this, onlyBytes || protocol == null ? bytes : null, onlyBytes);
  }

  ServerConnections connections() {
    return connections;
  }

  SilenceWait silence() {
    return silence;
  }

  @Nullable ProtocolStack tls() {
    return tls;
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
