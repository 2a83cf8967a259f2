package dev.weft.common.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a caller's namespace gets for one authority as it was addressed.
 *
 * @param name {@code namespace/authority}
 * @param found false: the mesh does not know the authority, and {@code nearMisses} names what looks
 *     alike
 * @param routes in precedence order: the first whose match holds is taken
 * @param dns what the name stands for, if it was asked for by DNS; there are no routes then
 */
public record VirtualHostConfig(
    String name,
    boolean found,
    List<String> nearMisses,
    List<RouteConfig> routes,
    @Nullable DnsNameConfig dns) {
  public VirtualHostConfig {
    nearMisses = List.copyOf(nearMisses);
    routes = List.copyOf(routes);
  }

  /** One that was not asked for by DNS. */
  public VirtualHostConfig(
      String name, boolean found, List<String> nearMisses, List<RouteConfig> routes) {
    this(name, found, nearMisses, routes, null);
  }

  /** The names of every cluster that a route refers to, each once, in order of appearance. */
  public Set<String> clusterNames() {
    var names = new LinkedHashSet<String>();
    for (RouteConfig route : routes) {
      for (BackendConfig backend : route.backends()) {
        if (!backend.dangling()) {
          names.add(backend.cluster());
        }
      }
      route.filters().mirrors().forEach(mirror -> names.add(mirror.cluster()));
    }
    return names;
  }
}
