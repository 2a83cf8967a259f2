package dev.weft.sidecar.proxy;

import dev.weft.sidecar.cluster.ClusterSet;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Exchange;
import dev.weft.sidecar.proxyprotocol.ProxyHeader;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import org.jspecify.annotations.Nullable;

/**
 * The path of what our own application calls, readable from top to bottom in {@link
 * OutboundExchange#route}: virtual host by authority, or by where the kernel says that the caller
 * was on its way to, route, weighted backend, cluster, attempts. One per worker.
 *
 * <p>To the application's head it adds {@code traceparent} and {@code x-request-id} where they are
 * missing. It adds no {@code x-forwarded-for}: the caller is the application next to us, and says
 * so itself if it speaks for somebody else.
 */
public final class OutboundStack implements Exchange.Factory {
  final Worker worker;
  final VirtualHostLookup hosts;
  final ClusterSet clusters;
  final Passthrough passthrough;

  /** Copies of requests that are under way. */
  private int mirrors;

  /**
   * @param passthrough used only by connections that were redirected to us
   */
  public OutboundStack(
      Worker worker, VirtualHostLookup hosts, ClusterSet clusters, Passthrough passthrough) {
    this.worker = worker;
    this.hosts = hosts;
    this.clusters = clusters;
    this.passthrough = passthrough;
  }

  /** For a copy of the request of a stream; null: too many are under way. */
  @Nullable MirrorCall newMirror(DownstreamStream stream) {
    if (mirrors >= Bound.MIRRORS.value()) {
      worker.telemetry().reached(Bound.MIRRORS, Direction.OUTBOUND);
      return null;
    }
    mirrors++;
    return new MirrorCall(
        worker, ProxyHeader.of(stream.remoteAddress(), stream.localAddress()), _ -> mirrors--);
  }

  /** How many copies are under way. */
  int mirrors() {
    return mirrors;
  }

  public Worker worker() {
    return worker;
  }

  @Override
  public Exchange newExchange(DownstreamStream stream) {
    return new OutboundExchange(this, stream);
  }
}
