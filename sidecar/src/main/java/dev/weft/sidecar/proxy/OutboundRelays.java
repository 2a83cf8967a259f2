package dev.weft.sidecar.proxy;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.route.RouteTable;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.destination.OriginalDestination;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.relay.Destination;
import dev.weft.sidecar.relay.Relay;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.WorkerCounter;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The path of what our application calls without HTTP: an authority, given by the listener or named
 * in a TLS hello, or where the connection was meant to go, leads to its virtual host, that one's
 * route without conditions or for that name, a weighted backend, its cluster. One per worker.
 */
public final class OutboundRelays implements InterceptedPath {
  private static final String TCP = "TCP";

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
    return newRelay(authority, "", protocol);
  }

  /**
   * A relay for one connection.
   *
   * @param serverName the name in its TLS hello, lower case; empty: none
   */
  public Relay newRelay(String authority, String serverName, String protocol) {
    return new Relay(
        stack.worker.relays(Direction.OUTBOUND),
        new Lookup(authority, serverName, null),
        authority,
        protocol);
  }

  @Override
  public Relay newRelay(OriginalDestination to, String serverName, String protocol) {
    String authority = serverName.isEmpty() ? to.authority() : serverName;
    return new Relay(
        stack.worker.relays(Direction.OUTBOUND),
        new Lookup(to.authority(), serverName, to),
        authority,
        protocol);
  }

  @Override
  public Relay passOn(OriginalDestination to) {
    stack.worker.telemetry().count(WorkerCounter.PASSTHROUGH, Direction.OUTBOUND);
    return new Relay(stack.worker.relays(Direction.OUTBOUND), new Onwards(to), to.authority(), TCP);
  }

  @Override
  public @Nullable Way find(OriginalDestination to) {
    ResolvedHost host = stack.hosts.find(to.key());
    return host == null ? null : way(host.routes());
  }

  @Override
  public VirtualHostLookup.Waiting await(OriginalDestination to, Consumer<Way> told) {
    return stack.hosts.await(
        to.authority(),
        new VirtualHostLookup.Waiter() {
          @Override
          public void resolved(ResolvedHost host) {
            told.accept(way(host.routes()));
          }

          @Override
          public void unresolved(VirtualHostLookup.Reason why, String detail) {
            // A mesh that cannot say breaks nothing that it may not know.
            told.accept(Way.PASSTHROUGH);
          }
        });
  }

  private Way way(RouteTable routes) {
    if (!routes.host().found()) {
      return Way.PASSTHROUGH;
    }
    int match = routes.connection("");
    if (match == RouteTable.NONE) {
      // Routes by server name have to see whether there is one.
      return routes.serverNames() ? Way.UNDECLARED : Way.HTTP;
    }
    for (BackendConfig backend : routes.route(match).backends()) {
      Cluster cluster = backend.dangling() ? null : stack.clusters.find(backend.cluster());
      WireProtocol declared = cluster == null ? null : cluster.config().protocol();
      if (declared != null) {
        return declared == WireProtocol.TCP ? Way.BYTES : Way.HTTP;
      }
    }
    return Way.UNDECLARED;
  }

  private final class Onwards implements Destination {
    private final OriginalDestination to;

    Onwards(OriginalDestination to) {
      this.to = to;
    }

    @Override
    public void find(Relay relay) {
      relay.connect(stack.passthrough.to(to), Passthrough.NAME, RetryConfig.NEVER);
    }

    @Override
    public void forget() {
      // Nothing is waited for.
    }
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
    private final String serverName;
    private final @Nullable OriginalDestination original;
    private @Nullable Relay relay;
    private VirtualHostLookup.@Nullable Waiting waiting;

    /**
     * @param serverName the name in its TLS hello; empty: none
     * @param original where to go if the mesh does not know the authority; null: it is refused
     */
    Lookup(String authority, String serverName, @Nullable OriginalDestination original) {
      this.authority = authority;
      this.serverName = serverName;
      this.original = original;
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
      if (!routes.host().found() && original != null) {
        new Onwards(original).find(to);
        return;
      }
      if (!routes.host().found()) {
        to.refuse(Failure.UNKNOWN_HOST, "the mesh knows no service for " + authority);
        return;
      }
      int match = routes.connection(serverName);
      if (match == RouteTable.NONE) {
        to.refuse(Failure.NO_ROUTE, "no route of " + authority + " is for this connection");
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
      if (relay != null && original != null) {
        new Onwards(original).find(relay);
      } else if (relay != null) {
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
