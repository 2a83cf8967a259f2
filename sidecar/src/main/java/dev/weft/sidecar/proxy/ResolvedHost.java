package dev.weft.sidecar.proxy;

import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.route.RouteTable;
import dev.weft.sidecar.filter.CorsFilter;
import dev.weft.sidecar.filter.Filter;
import java.util.List;

/** A virtual host as the workers use it: compiled once by the control loop, immutable, shared. */
public final class ResolvedHost {
  private static final Filter[] NONE = {};

  private final RouteTable routes;
  private final Filter[][] filters;

  private ResolvedHost(RouteTable routes, Filter[][] filters) {
    this.routes = routes;
    this.filters = filters;
  }

  public static ResolvedHost compile(VirtualHostConfig host) {
    List<RouteConfig> routes = host.routes();
    Filter[][] filters = new Filter[routes.size()][];
    for (int i = 0; i < filters.length; i++) {
      filters[i] = filters(routes.get(i));
    }
    return new ResolvedHost(RouteTable.compile(host), filters);
  }

  public RouteTable routes() {
    return routes;
  }

  /** The filters of a route in their order, not to be changed; empty for one without policies. */
  Filter[] filters(int route) {
    return filters[route];
  }

  private static Filter[] filters(RouteConfig route) {
    CorsConfig cors = route.cors();
    return cors == null ? NONE : new Filter[] {new CorsFilter(cors)};
  }
}
