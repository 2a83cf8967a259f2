package dev.weft.sidecar.proxy;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.CorsConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.RouteFilterConfig;
import dev.weft.common.config.RouteFilterConfig.RedirectConfig;
import dev.weft.common.head.HeadEdits;
import dev.weft.sidecar.filter.CorsFilter;
import dev.weft.sidecar.filter.Filter;
import dev.weft.sidecar.filter.RedirectFilter;
import dev.weft.sidecar.filter.UrlRewrite;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A route as the workers use it: compiled once by the control loop, immutable, shared. */
final class ResolvedRoute {
  private static final Filter[] NO_FILTERS = {};

  private final RouteConfig config;
  private final Filter[] filters;
  private final @Nullable UrlRewrite rewrite;
  private final boolean mirrored;

  /** Of route and backend, as one. */
  private final HeadEdits[] requestEdits;

  private final HeadEdits[] responseEdits;

  ResolvedRoute(RouteConfig config) {
    this.config = config;
    this.filters = filters(config);
    this.rewrite = UrlRewrite.compile(config.filters().rewrite(), config.match());
    this.mirrored = !config.filters().mirrors().isEmpty();
    List<BackendConfig> backends = config.backends();
    this.requestEdits = new HeadEdits[backends.size()];
    this.responseEdits = new HeadEdits[backends.size()];
    for (int i = 0; i < requestEdits.length; i++) {
      requestEdits[i] = config.requestEdits().then(backends.get(i).requestEdits());
      responseEdits[i] = config.responseEdits().then(backends.get(i).responseEdits());
    }
  }

  RouteConfig config() {
    return config;
  }

  /** In their order, not to be changed; empty for a route without policies. */
  Filter[] filters() {
    return filters;
  }

  /** Whether copies of its requests are sent elsewhere. */
  boolean mirrored() {
    return mirrored;
  }

  /** Null: requests are sent on under their own host and path. */
  @Nullable UrlRewrite rewrite() {
    return rewrite;
  }

  HeadEdits requestEdits(int backend) {
    return requestEdits[backend];
  }

  HeadEdits responseEdits(int backend) {
    return responseEdits[backend];
  }

  private static Filter[] filters(RouteConfig route) {
    RouteFilterConfig config = route.filters();
    CorsConfig cors = config.cors();
    RedirectConfig redirect = config.redirect();
    if (cors == null && redirect == null) {
      return NO_FILTERS;
    }
    var filters = new ArrayList<Filter>(2);
    if (cors != null) {
      filters.add(new CorsFilter(cors));
    }
    if (redirect != null) {
      filters.add(new RedirectFilter(redirect, route.match(), route.responseEdits()));
    }
    return filters.toArray(Filter[]::new);
  }
}
