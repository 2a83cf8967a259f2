package dev.weft.sidecar.app;

import dev.weft.sidecar.app.options.SidecarOptions;
import dev.weft.sidecar.app.options.TcpListen;
import dev.weft.sidecar.codec.http2.Http2Limits;
import dev.weft.sidecar.listener.ConnectionLimit;
import dev.weft.sidecar.listener.ConnectionStack;
import dev.weft.sidecar.listener.ProxyListener;
import dev.weft.sidecar.listener.Transport;
import dev.weft.sidecar.proxy.OutboundStack;
import dev.weft.sidecar.proxy.Worker;
import dev.weft.sidecar.telemetry.Direction;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** The ports of {@code --tcp-listen}. Any thread. */
final class TcpListeners implements AutoCloseable {
  private final List<ProxyListener> open = new ArrayList<>();

  /**
   * Binds them all.
   *
   * @param outbound per worker, in the workers' order
   * @param http2 for those that are listened to by server name
   * @throws IOException one line: which could not be bound, and why; the others are closed
   */
  static TcpListeners bind(
      SidecarOptions options,
      Transport transport,
      List<Worker> workers,
      List<OutboundStack> outbound,
      Http2Limits http2,
      ConnectionLimit limit)
      throws IOException {
    var all = new TcpListeners();
    for (TcpListen one : options.tcpListens()) {
      var stacks = new ArrayList<ConnectionStack>();
      for (OutboundStack calls : outbound) {
        stacks.add(
            one.byServerName()
                ? Stacks.outbound(calls, one.portSuffix(), http2)
                : Stacks.outboundTo(calls, one.authority()));
      }
      String address = one.address().isEmpty() ? options.outboundBind() : one.address();
      try {
        all.open.add(
            ProxyListener.bind(
                new InetSocketAddress(address, one.port()),
                Direction.OUTBOUND,
                transport,
                workers,
                stacks,
                limit));
      } catch (IOException e) {
        all.close();
        throw e;
      }
    }
    return all;
  }

  /** Where they listen, in the order of the flags. */
  List<Integer> ports() {
    return open.stream().map(listener -> listener.address().getPort()).toList();
  }

  @Override
  public void close() {
    open.forEach(ProxyListener::close);
  }
}
