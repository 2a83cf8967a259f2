package dev.weft.sidecar.proxy;

import dev.weft.common.config.BackendConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.config.RouteConfig;
import dev.weft.common.config.RouteFilterConfig.MirrorConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.common.head.HeadEdits;
import dev.weft.common.head.HeadView;
import dev.weft.common.route.RouteTable;
import dev.weft.sidecar.cluster.Cluster;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.destination.OriginalDestination;
import dev.weft.sidecar.filter.UrlRewrite;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.telemetry.RequestRecord;
import dev.weft.sidecar.upstream.Hop;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One request of our application after the other; its path is {@link #route}. */
final class OutboundExchange extends ProxyExchange implements VirtualHostLookup.Waiter {
  private final OutboundStack stack;
  private VirtualHostLookup.@Nullable Waiting waiting;
  private HeadEdits requestEdits = HeadEdits.NONE;
  private @Nullable UrlRewrite rewrite;
  private long tunnelIdle;
  private @Nullable OriginalDestination original;

  OutboundExchange(OutboundStack stack, DownstreamStream stream) {
    super(stack.worker, Direction.OUTBOUND, stream);
    this.stack = stack;
  }

  // Our own application speaks for itself.
  @Override
  boolean believesCaller() {
    return true;
  }

  @Override
  void arrived(HeadView head) {
    // Everything that is needed is in the route.
  }

  @Override
  void route(HeadView head) {
    OriginalDestination to = stream.originalDestination();
    original = to;
    ResolvedHost host = to == null ? stack.hosts.find(head) : stack.hosts.find(to.key());
    if (host != null) {
      route(head, host);
    } else {
      stream.readRequest(false);
      waiting =
          to == null ? stack.hosts.await(head, this) : stack.hosts.await(to.authority(), this);
    }
  }

  /** The mesh does not know, or cannot say: to where the caller was on its way. */
  private void passOn(OriginalDestination to) {
    record.route(Passthrough.NAME, Passthrough.NAME);
    requestEdits = HeadEdits.NONE;
    rewrite = null;
    tunnelIdle = Bound.TUNNEL_IDLE.value();
    idleTimeout(tunnelIdle);
    start(stack.passthrough.to(to), RetryConfig.NEVER, 0, 0);
  }

  private void route(HeadView head, ResolvedHost host) {
    RouteTable routes = host.routes();
    OriginalDestination to = original;
    if (!routes.host().found() && to != null) {
      passOn(to);
      return;
    }
    if (!routes.host().found()) {
      reply(Failure.UNKNOWN_HOST, unknownHost(head, routes.host()));
      return;
    }
    int match = routes.match(head);
    if (match == RouteTable.NONE) {
      reply(Failure.NO_ROUTE, "no route of " + head.authority() + " matches " + head.path());
      return;
    }
    ResolvedRoute resolved = host.route(match);
    RouteConfig route = resolved.config();
    record.route(route.name(), RequestRecord.NONE);
    if (!admit(resolved.filters(), head)) {
      return;
    }
    int share = routes.backend(match, worker.random().nextInt());
    if (share == RouteTable.NONE) {
      reply(Failure.DANGLING_BACKEND, "no backend of route " + route.name() + " has a weight");
      return;
    }
    BackendConfig backend = route.backends().get(share);
    if (backend.dangling()) {
      reply(
          Failure.DANGLING_BACKEND,
          "route " + route.name() + " refers to a service or port that does not exist");
      return;
    }
    Cluster cluster = stack.clusters.find(backend.cluster());
    if (cluster == null) {
      reply(
          Failure.CONFIGURATION_MISSING,
          "route " + route.name() + " leads to " + backend.cluster() + ", not received yet");
      return;
    }
    record.route(route.name(), backend.cluster());
    requestEdits = resolved.requestEdits(share);
    rewrite = resolved.rewrite();
    responseEdits(resolved.responseEdits(share));
    if (resolved.mirrored() && mayBeMirrored()) {
      mirror(resolved, head);
    }
    idleTimeout(idleNanos(route, isGrpc()));
    tunnelIdle =
        route.streamIdleTimeoutNanos() == RouteConfig.DEFAULT_IDLE
            ? Bound.TUNNEL_IDLE.value()
            : route.streamIdleTimeoutNanos();
    if (route.perTryCoversResponse()) {
      call.wholeAttempts();
    }
    start(cluster, route.retry(), route.requestTimeoutNanos(), route.perTryTimeoutNanos());
  }

  private void mirror(ResolvedRoute route, HeadView head) {
    List<MirrorConfig> mirrors = route.config().filters().mirrors();
    for (int i = 0; i < mirrors.size(); i++) {
      MirrorConfig mirror = mirrors.get(i);
      Cluster cluster = stack.clusters.find(mirror.cluster());
      if (cluster == null || worker.random().nextInt(mirror.denominator()) >= mirror.numerator()) {
        continue;
      }
      MirrorCall copy = stack.newMirror(stream);
      if (copy == null) {
        return;
      }
      HeadPlan plan = copy.headPlan();
      plan.apply(route.config().requestEdits(), stream.request());
      if (rewrite != null) {
        rewrite.plan(head, plan);
      }
      mirror(copy, cluster);
    }
  }

  // Whoever allows a request ten minutes does not mean it to end after five; and a gRPC stream that
  // waits for news is as quiet as a tunnel.
  private static long idleNanos(RouteConfig route, boolean grpc) {
    if (route.streamIdleTimeoutNanos() != RouteConfig.DEFAULT_IDLE) {
      return route.streamIdleTimeoutNanos();
    }
    Bound unset = grpc ? Bound.TUNNEL_IDLE : Bound.STREAM_IDLE;
    return Math.max(unset.value(), route.requestTimeoutNanos());
  }

  @Override
  long tunnelIdleNanos() {
    return tunnelIdle;
  }

  @Override
  public void resolved(ResolvedHost host) {
    waiting = null;
    stream.readRequest(true);
    route(stream.request().view, host);
    // Over a kept connection too it leaves now: the caller may send no more before it has an
    // answer.
    call.flush();
  }

  @Override
  public void unresolved(VirtualHostLookup.Reason why, String detail) {
    waiting = null;
    OriginalDestination to = original;
    if (to != null) {
      stream.readRequest(true);
      passOn(to);
      call.flush();
      return;
    }
    reply(
        why == VirtualHostLookup.Reason.TOO_MANY
            ? Failure.TOO_MANY_LOOKUPS
            : Failure.CONFIGURATION_MISSING,
        detail);
  }

  @Override
  public void plan(HeadPlan plan, EndpointTracker endpoint) {
    plan.apply(requestEdits, stream.request());
    if (rewrite != null) {
      rewrite.plan(stream.request().view, plan);
    }
    planCall(plan);
    if (endpoint.config().sidecar()) {
      Hop.announce(plan);
    }
  }

  @Override
  void forget() {
    if (waiting != null) {
      waiting.cancel();
      waiting = null;
    }
  }

  // Our own application is no sidecar.
  @Override
  byte @Nullable [] hop(Failure failure) {
    return null;
  }

  private static String unknownHost(HeadView head, VirtualHostConfig host) {
    String unknown = "the mesh knows no service for the host \"" + head.authority() + "\"";
    return host.nearMisses().isEmpty()
        ? unknown
        : unknown + "; did you mean " + String.join(" or ", host.nearMisses()) + "?";
  }
}
