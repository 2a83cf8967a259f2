package dev.weft.sidecar.app;

import dev.weft.sidecar.admin.AdminServer;
import dev.weft.sidecar.app.options.InterceptOptions;
import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.sidecar.appconfig.AppValues;
import dev.weft.sidecar.appconfig.ConfigServer;
import dev.weft.sidecar.codec.http2.Http2Limits;
import dev.weft.sidecar.dns.DnsServer;
import dev.weft.sidecar.listener.ConnectionStack;
import dev.weft.sidecar.listener.ProxyListener;
import dev.weft.sidecar.listener.Transport;
import dev.weft.sidecar.proxy.InboundApp;
import dev.weft.sidecar.proxy.OutboundStack;
import dev.weft.sidecar.proxy.Worker;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.Logs;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that a sidecar listens on. Bound once, by the thread that starts it; read and closed by any.
 */
final class Listeners implements AutoCloseable {
  private static final System.Logger LOG = Logs.of(Listeners.class);

  private final Sidecar sidecar;
  private final SidecarOptions options;
  private final Transport transport;
  private final Http2Limits http2;
  private final List<OutboundStack> calls = new ArrayList<>();
  private volatile @Nullable AdminServer admin;
  private volatile @Nullable AdminServer probes;
  private volatile @Nullable ProxyListener outbound;
  private volatile @Nullable ProxyListener inbound;
  private volatile @Nullable TcpListeners tcp;
  private volatile @Nullable DnsServer dns;
  private volatile @Nullable ConfigServer config;

  Listeners(Sidecar sidecar, Transport transport, Http2Limits http2) {
    this.sidecar = sidecar;
    this.options = sidecar.options();
    this.transport = transport;
    this.http2 = http2;
  }

  /**
   * Binds them all, the admin port first, so that a second sidecar on the same ports fails before
   * it serves.
   *
   * @throws IOException one line: which could not be bound, and why; what is bound is to be closed
   */
  void bind() throws IOException {
    if (options.intercept().on() && transport != Transport.EPOLL) {
      throw new IOException(
          "--intercept on needs Linux and Netty's epoll library, which does not load here");
    }
    List<ConnectionStack> outboundStacks = outboundStacks();
    admin =
        AdminServer.bind(
            new InetSocketAddress(options.adminBind(), options.adminPort()),
            sidecar.control(),
            transport.newServerChannel(),
            new AdminRoutes(sidecar),
            sidecar.telemetry()::reached);
    probes = bindProbes();
    config = bindConfig();
    outbound =
        proxy(options.outboundListen(), options.outboundPort(), Direction.OUTBOUND, outboundStacks);
    dns = options.dns().on() ? DnsPorts.bind(sidecar, transport) : null;
    tcp =
        TcpListeners.bind(
            options, transport, sidecar.workers(), calls, http2, sidecar.connections());
    InboundApp app = sidecar.app();
    if (app != null) {
      inbound = proxy(options.bind(), options.inboundPort(), Direction.INBOUND, inboundStacks(app));
    }
  }

  private ProxyListener proxy(
      String address, int port, Direction direction, List<ConnectionStack> stacks)
      throws IOException {
    return ProxyListener.bind(
        new InetSocketAddress(address, port),
        direction,
        transport,
        sidecar.workers(),
        stacks,
        sidecar.connections());
  }

  private List<ConnectionStack> outboundStacks() {
    var stacks = new ArrayList<ConnectionStack>();
    for (Worker worker : sidecar.workers()) {
      var call =
          new OutboundStack(
              worker,
              sidecar.discovery().newWorker(worker.eventLoop(), worker.telemetry()),
              sidecar.clusters(),
              sidecar.passthrough());
      calls.add(call);
      stacks.add(
          options.intercept().on()
              ? Stacks.outboundRedirected(call, http2)
              : sidecar
                  .tls()
                  .around(
                      Stacks.outbound(call, Stacks.HTTPS_PORT, http2), worker, Direction.OUTBOUND));
    }
    return stacks;
  }

  private List<ConnectionStack> inboundStacks(InboundApp app) {
    var stacks = new ArrayList<ConnectionStack>();
    for (Worker worker : sidecar.workers()) {
      stacks.add(
          options.intercept().on()
              ? Stacks.inboundRedirected(worker, app, http2)
              : sidecar
                  .tls()
                  .around(
                      Stacks.inbound(worker, app, http2, options.proxies()),
                      worker,
                      Direction.INBOUND));
    }
    return stacks;
  }

  private @Nullable AdminServer bindProbes() throws IOException {
    InterceptOptions told = options.intercept();
    return told.probePort() == 0
        ? null
        : AdminServer.bind(
            new InetSocketAddress(told.probeBind(), told.probePort()),
            sidecar.control(),
            transport.newServerChannel(),
            ProbeRoutes.of(sidecar, transport.clientChannel(), System::nanoTime),
            sidecar.telemetry()::reached);
  }

  private @Nullable ConfigServer bindConfig() throws IOException {
    AppValues values = sidecar.appValues();
    return values == null || !options.appConfig().serves()
        ? null
        : ConfigServer.bind(
            options.appConfig().port(),
            sidecar.control(),
            transport.newServerChannel(),
            values,
            sidecar.telemetry()::reached);
  }

  @Nullable ProxyListener outbound() {
    return outbound;
  }

  /** Null when there is no application. */
  @Nullable ProxyListener inbound() {
    return inbound;
  }

  @Nullable TcpListeners tcp() {
    return tcp;
  }

  /** Null without {@code --dns on}. */
  @Nullable DnsServer dns() {
    return dns;
  }

  /** 0 as long as it is not bound. */
  int outboundPort() {
    return port(outbound);
  }

  /** 0 when there is no application. */
  int inboundPort() {
    return port(inbound);
  }

  /** 0 as long as it is not bound. */
  int adminPort() {
    AdminServer server = admin;
    return server == null ? 0 : server.address().getPort();
  }

  /** 0 when there is none. */
  int configPort() {
    ConfigServer server = config;
    return server == null ? 0 : server.address().getPort();
  }

  private static int port(@Nullable ProxyListener listener) {
    return listener == null ? 0 : listener.address().getPort();
  }

  /** Where it listens, for people. */
  @Override
  public String toString() {
    AdminServer server = admin;
    return "outbound "
        + text(outbound)
        + ", inbound "
        + text(inbound)
        + ", admin "
        + (server == null ? "none" : text(server.address()));
  }

  private static String text(@Nullable ProxyListener listener) {
    return listener == null ? "none" : text(listener.address());
  }

  private static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  @Override
  public void close() {
    for (AutoCloseable each :
        new AutoCloseable[] {inbound, outbound, tcp, probes, admin, config, dns}) {
      closeQuietly(each);
    }
  }

  private static void closeQuietly(@Nullable AutoCloseable what) {
    if (what == null) {
      return;
    }
    try {
      what.close();
    } catch (Exception e) {
      LOG.log(System.Logger.Level.DEBUG, "did not close cleanly", e);
    }
  }
}
