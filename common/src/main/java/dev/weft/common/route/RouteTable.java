package dev.weft.common.route;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.MatchConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadView;
import java.util.List;

/**
 * The routes of one virtual host, compiled for matching. Immutable, shared by all workers; the
 * order of the routes is their precedence. Both sides use it: the sidecar to route, the control
 * plane to explain.
 */
public final class RouteTable {
  /** No route matches, or no backend has a share. */
  public static final int NONE = -1;

  private final VirtualHostConfig host;
  private final RouteConfig[] routes;
  private final RouteMatcher[] matchers;

  /** Per route, the running sums of its backends' weights. */
  private final int[][] shares;

  private RouteTable(VirtualHostConfig host) {
    this.host = host;
    this.routes = host.routes().toArray(RouteConfig[]::new);
    this.matchers = new RouteMatcher[routes.length];
    this.shares = new int[routes.length][];
    for (int i = 0; i < routes.length; i++) {
      matchers[i] = new RouteMatcher(routes[i].match());
      shares[i] = shares(routes[i].backends());
    }
  }

  /**
   * Compiles a virtual host that {@code common.wire} has checked.
   *
   * @throws com.google.re2j.PatternSyntaxException if it has not been checked
   */
  public static RouteTable compile(VirtualHostConfig host) {
    return new RouteTable(host);
  }

  public VirtualHostConfig host() {
    return host;
  }

  public int size() {
    return routes.length;
  }

  /** The route of an index that {@link #match} returned. */
  public RouteConfig route(int index) {
    return routes[index];
  }

  /** The index of the first route that a request matches, or {@link #NONE}. */
  public int match(HeadView head) {
    for (int i = 0; i < matchers.length; i++) {
      if (matchers[i].matches(head)) {
        return i;
      }
    }
    return NONE;
  }

  /**
   * The index of the first route for a connection that is passed on: one without conditions, or for
   * that server; or {@link #NONE}.
   *
   * @param serverName the name in its TLS hello, in lower case; empty: there is none
   */
  public int connection(String serverName) {
    for (int i = 0; i < routes.length; i++) {
      MatchConfig match = routes[i].match();
      if (match.serverName().isEmpty()
          ? match.equals(MatchConfig.ANY)
          : isServer(match.serverName(), serverName)) {
        return i;
      }
    }
    return NONE;
  }

  /** Whether a route is for connections by the name in their hello. */
  public boolean serverNames() {
    for (RouteConfig route : routes) {
      if (!route.match().serverName().isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private static boolean isServer(String pattern, String name) {
    return pattern.startsWith("*")
        ? name.length() >= pattern.length() && name.endsWith(pattern.substring(1))
        : name.equals(pattern);
  }

  /**
   * Which of a route's backends a request goes to, by weight.
   *
   * @param random any int, all of them equally likely
   * @return an index into {@link RouteConfig#backends()}, or {@link #NONE} when all weights are 0
   */
  public int backend(int route, int random) {
    int[] sums = shares[route];
    int total = sums[sums.length - 1];
    if (total == 0) {
      return NONE;
    }
    // The high half of random * total is uniform in [0, total) without a division.
    int at = (int) ((Integer.toUnsignedLong(random) * total) >>> 32);
    int index = 0;
    while (at >= sums[index]) {
      index++;
    }
    return index;
  }

  private static int[] shares(List<BackendConfig> backends) {
    int[] sums = new int[backends.size()];
    int sum = 0;
    for (int i = 0; i < sums.length; i++) {
      sum = Math.addExact(sum, backends.get(i).weight());
      sums[i] = sum;
    }
    return sums;
  }
}
