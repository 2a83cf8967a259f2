package dev.weft.sidecar.proxy;

import dev.weft.common.config.RetryConfig;
import dev.weft.sidecar.relay.Destination;
import dev.weft.sidecar.relay.Relay;
import dev.weft.sidecar.telemetry.Direction;

/** The path of what calls our application without HTTP: the application itself. One per worker. */
public final class InboundRelays {
  private final Worker worker;
  private final InboundApp app;

  public InboundRelays(Worker worker, InboundApp app) {
    this.worker = worker;
    this.app = app;
  }

  /**
   * A relay for one connection.
   *
   * @param authority what the caller has asked for, if it has said so, else empty
   * @param protocol a constant for the access log
   */
  public Relay newRelay(String authority, String protocol) {
    return new Relay(worker.relays(Direction.INBOUND), new ToApp(), authority, protocol);
  }

  private final class ToApp implements Destination {
    @Override
    public void find(Relay relay) {
      relay.connect(app.cluster(), InboundExchange.ROUTE, RetryConfig.NEVER);
    }

    @Override
    public void forget() {
      // Nothing is waited for.
    }
  }
}
