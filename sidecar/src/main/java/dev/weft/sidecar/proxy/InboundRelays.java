package dev.weft.sidecar.proxy;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.RetryConfig;
import dev.weft.sidecar.destination.OriginalDestination;
import dev.weft.sidecar.relay.Destination;
import dev.weft.sidecar.relay.Relay;
import dev.weft.sidecar.telemetry.Direction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The path of what calls our application without HTTP: the application itself. One per worker. */
public final class InboundRelays implements InterceptedPath {
  private static final VirtualHostLookup.Waiting NOTHING = () -> {};

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
    return new Relay(worker.relays(Direction.INBOUND), new ToApp(null), authority, protocol);
  }

  @Override
  public Relay newRelay(OriginalDestination to, String serverName, String protocol) {
    String authority = serverName.isEmpty() ? to.authority() : serverName;
    return new Relay(worker.relays(Direction.INBOUND), new ToApp(to), authority, protocol);
  }

  @Override
  public Relay passOn(OriginalDestination to) {
    return newRelay(to, "", "TCP");
  }

  @Override
  public Way find(OriginalDestination to) {
    WireProtocol declared = app.declared(to);
    return declared == null ? Way.UNDECLARED : declared == WireProtocol.TCP ? Way.BYTES : Way.HTTP;
  }

  @Override
  public VirtualHostLookup.Waiting await(OriginalDestination to, Consumer<Way> told) {
    worker.eventLoop().execute(() -> told.accept(find(to)));
    return NOTHING;
  }

  private final class ToApp implements Destination {
    private final @Nullable OriginalDestination to;

    ToApp(@Nullable OriginalDestination to) {
      this.to = to;
    }

    @Override
    public void find(Relay relay) {
      relay.connect(app.cluster(to), InboundExchange.ROUTE, RetryConfig.NEVER);
    }

    @Override
    public void forget() {
      // Nothing is waited for.
    }
  }
}
