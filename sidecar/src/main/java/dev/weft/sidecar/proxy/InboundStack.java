package dev.weft.sidecar.proxy;

import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Exchange;

/**
 * The path of what calls our application: limits, then the application itself. One per worker.
 *
 * <p>Like the sidecars of the field it leaves {@code x-forwarded-for} as it came, since between
 * services the peer's address is a sidecar's and says nothing, and the edge has written the
 * client's; {@code x-forwarded-proto} is added where it is missing. Nothing is sent twice on the
 * policy's behalf here: the caller's sidecar retries, which can choose another instance.
 */
public final class InboundStack implements Exchange.Factory {
  final Worker worker;
  final InboundApp app;

  public InboundStack(Worker worker, InboundApp app) {
    this.worker = worker;
    this.app = app;
  }

  @Override
  public Exchange newExchange(DownstreamStream stream) {
    return new InboundExchange(this, stream);
  }
}
