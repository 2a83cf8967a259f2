package dev.weft.sidecar.app;

import dev.weft.sidecar.codec.http2.Http2Limits;
import dev.weft.sidecar.listener.ClientHello;
import dev.weft.sidecar.listener.ConnectionStack;
import dev.weft.sidecar.proxy.InboundApp;
import dev.weft.sidecar.proxy.InboundRelays;
import dev.weft.sidecar.proxy.InboundStack;
import dev.weft.sidecar.proxy.OutboundRelays;
import dev.weft.sidecar.proxy.OutboundStack;
import dev.weft.sidecar.proxy.Worker;
import dev.weft.sidecar.proxyprotocol.AddressRanges;
import dev.weft.sidecar.relay.Relay;
import dev.weft.sidecar.telemetry.Direction;
import org.jspecify.annotations.Nullable;

/** What each listener serves, per worker. Made by the starting thread. */
final class Stacks {
  private static final String TCP = "TCP";
  private static final String TLS = "TLS";
  static final String HTTPS_PORT = ":443";

  private Stacks() {}

  /**
   * What our application calls without saying where by the port: HTTP by its authority, TLS by the
   * name in its hello.
   *
   * @param tlsPort of the destinations of TLS, with its colon
   */
  static ConnectionStack outbound(OutboundStack calls, String tlsPort, Http2Limits http2) {
    var relays = new OutboundRelays(calls);
    return ConnectionStack.http(calls.worker(), Direction.OUTBOUND, calls, http2)
        .withTls(
            (pipeline, hello) -> {
              String name = hello == null ? null : hello.serverName();
              pipeline.addLast(
                  (name == null
                          ? relays.refused(TLS, "the TLS hello names no server")
                          : relays.newRelay(name + tlsPort, name, TLS))
                      .handler());
            });
  }

  /** What our application calls, wherever: the kernel says where to. */
  static ConnectionStack outboundRedirected(OutboundStack calls, Http2Limits http2) {
    return ConnectionStack.http(calls.worker(), Direction.OUTBOUND, calls, http2)
        .withRedirected(new OutboundRelays(calls));
  }

  /** What calls our application, at whichever port: the kernel says at which. */
  static ConnectionStack inboundRedirected(Worker worker, InboundApp app, Http2Limits http2) {
    return ConnectionStack.http(worker, Direction.INBOUND, new InboundStack(worker, app), http2)
        .withRedirected(new InboundRelays(worker, app));
  }

  /** What our application calls at a port of its own, whatever it speaks. */
  static ConnectionStack outboundTo(OutboundStack calls, String authority) {
    var relays = new OutboundRelays(calls);
    return ConnectionStack.bytes(
        calls.worker(), Direction.OUTBOUND, hello -> relays.newRelay(authority, TCP));
  }

  /**
   * What calls our application: HTTP is served, anything else passed on to it.
   *
   * @param proxies peers that begin with a PROXY header
   */
  static ConnectionStack inbound(
      Worker worker, InboundApp app, Http2Limits http2, AddressRanges proxies) {
    var relays = new InboundRelays(worker, app);
    return ConnectionStack.http(worker, Direction.INBOUND, new InboundStack(worker, app), http2)
        .withBytes(hello -> relay(relays, hello), app::declared)
        .withProxyHeaderFrom(proxies);
  }

  private static Relay relay(InboundRelays relays, @Nullable ClientHello hello) {
    String name = hello == null ? null : hello.serverName();
    return relays.newRelay(name == null ? "" : name, hello == null ? TCP : TLS);
  }
}
