package dev.weft.sidecar.proxy;

import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.route.RouteTable;

/** A virtual host as the workers use it: compiled once by the control loop, immutable, shared. */
public final class ResolvedHost {
  private final RouteTable table;
  private final ResolvedRoute[] routes;

  private ResolvedHost(RouteTable table, ResolvedRoute[] routes) {
    this.table = table;
    this.routes = routes;
  }

  public static ResolvedHost compile(VirtualHostConfig host) {
    return new ResolvedHost(
        RouteTable.compile(host),
        host.routes().stream().map(ResolvedRoute::new).toArray(ResolvedRoute[]::new));
  }

  public RouteTable routes() {
    return table;
  }

  /** The route of an index of {@link #routes}. */
  ResolvedRoute route(int index) {
    return routes[index];
  }
}
