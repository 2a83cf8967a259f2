package dev.weft.sidecar.proxy;

import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.route.RouteTable;

/** A virtual host as the workers use it: compiled once by the control loop, immutable, shared. */
public record ResolvedHost(RouteTable routes) {
  public static ResolvedHost compile(VirtualHostConfig host) {
    return new ResolvedHost(RouteTable.compile(host));
  }
}
