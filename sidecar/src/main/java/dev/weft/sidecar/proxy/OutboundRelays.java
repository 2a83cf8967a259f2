package dev.weft.sidecar.proxy;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.route.RouteTable;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.relay.Destination;
import dev.weft.sidecar.relay.Relay;
import dev.weft.sidecar.telemetry.Direction;
import org.jspecify.annotations.Nullable;

/**
 * The path of what our application calls without HTTP: an authority, given by the listener or named
 * in a TLS hello, leads to its virtual host, that one's route without conditions, a weighted
 * backend, its cluster. One per worker.
 */
public final class OutboundRelays {
  private final OutboundStack stack;

  public OutboundRelays(OutboundStack stack) {
    this.stack = stack;
  }

  /**
   * A relay for one connection.
   *
   * @param authority host and port, lower case
   * @param protocol a constant for the access log
   */
  public Relay newRelay(String authority, String protocol) {
    return new Relay(
        stack.worker.relays(Direction.OUTBOUND), new Lookup(authority), authority, protocol);
  }

  /** A relay that leads nowhere: what was asked for cannot be told. */
  public Relay refused(String protocol, String detail) {
    return new Relay(stack.worker.relays(Direction.OUTBOUND), new Nowhere(detail), "", protocol);
  }

  private record Nowhere(String detail) implements Destination {
    @Override
    public void find(Relay relay) {
      relay.refuse(Failure.UNKNOWN_HOST, detail);
    }

    @Override
    public void forget() {
      // Nothing is waited for.
    }
  }

  private final class Lookup implements Destination, VirtualHostLookup.Waiter {
    private final String authority;
    private @Nullable Relay relay;
    private VirtualHostLookup.@Nullable Waiting waiting;

    Lookup(String authority) {
      this.authority = authority;
    }

    @Override
    public void find(Relay asking) {
      relay = asking;
      ResolvedHost host = stack.hosts.find(authority);
      if (host == null) {
        waiting = stack.hosts.await(authority, this);
      } else {
        route(asking, host.routes());
      }
    }

    private void route(Relay to, RouteTable routes) {
      if (!routes.host().found()) {
        to.refuse(Failure.UNKNOWN_HOST, "the mesh knows no service for " + authority);
        return;
      }
      int match = routes.unconditional();
      if (match == RouteTable.NONE) {
        to.refuse(Failure.NO_ROUTE, "no route of " + authority + " is without conditions");
        return;
      }
      RouteConfig route = routes.route(match);
      int share = routes.backend(match, stack.worker.random().nextInt());
      BackendConfig backend = share == RouteTable.NONE ? null : route.backends().get(share);
      if (backend == null || backend.dangling()) {
        to.refuse(Failure.DANGLING_BACKEND, "route " + route.name() + " leads nowhere");
        return;
      }
      Cluster cluster = stack.clusters.find(backend.cluster());
      if (cluster == null) {
        to.refuse(Failure.CONFIGURATION_MISSING, backend.cluster() + " was not received yet");
        return;
      }
      to.connect(cluster, route.name(), route.retry());
    }

    @Override
    public void resolved(ResolvedHost host) {
      waiting = null;
      if (relay != null) {
        route(relay, host.routes());
      }
    }

    @Override
    public void unresolved(VirtualHostLookup.Reason why, String detail) {
      waiting = null;
      if (relay != null) {
        relay.refuse(
            why == VirtualHostLookup.Reason.TOO_MANY
                ? Failure.TOO_MANY_LOOKUPS
                : Failure.CONFIGURATION_MISSING,
            detail);
      }
    }

    @Override
    public void forget() {
      if (waiting != null) {
        waiting.cancel();
        waiting = null;
      }
    }
  }
}
