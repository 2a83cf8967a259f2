package dev.weft.sidecar.proxy;

import dev.weft.common.config.InboundConfig;
import dev.weft.common.config.RetryConfig;
import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.http.CallerTls;
import dev.weft.sidecar.http.DownstreamStream;
import dev.weft.sidecar.http.Failure;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.telemetry.Bound;
import dev.weft.sidecar.telemetry.Direction;
import dev.weft.sidecar.upstream.Hop;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One request to our application after the other. */
final class InboundExchange extends ProxyExchange {
  static final String ROUTE = "inbound";
  private static final byte[] HTTP = {'h', 't', 't', 'p'};
  private static final byte[] ENVOY = "x-envoy-".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HTTPS = {'h', 't', 't', 'p', 's'};

  private final InboundApp app;
  private @Nullable CallerTls tls;
  private @Nullable SocketAddress knownPeer;
  private boolean trusted;
  private boolean fromSidecar;
  private boolean addProto;
  private boolean counted;

  InboundExchange(InboundStack stack, DownstreamStream stream) {
    super(stack.worker, Direction.INBOUND, stream);
    this.app = stack.app;
  }

  // Who has proven by TLS to be of the mesh, or calls from a network that was said to be trusted.
  @Override
  @SuppressWarnings("ReferenceEquality") // a connection's address is one object
  boolean believesCaller() {
    tls = stream.callerTls();
    SocketAddress peer = stream.remoteAddress();
    if (peer == null || peer != knownPeer) {
      knownPeer = peer;
      trusted =
          (tls != null && tls.clientCertificate().length > 0)
              || worker.rules().trusted().trusts(peer);
    }
    return trusted;
  }

  @Override
  void arrived(HeadView head) {
    fromSidecar = trusted && Hop.announced(head);
  }

  @Override
  void route(HeadView head) {
    addProto = !trusted || !head.has(WellKnown.X_FORWARDED_PROTO);
    if (tls != null) {
      call.versionWasOffered();
    }
    record.route(ROUTE, InboundApp.CLUSTER);
    InboundConfig config = app.config();
    if (config.maxRequests() > 0) {
      counted = true;
      if (app.underWay().incrementAndGet() > config.maxRequests()) {
        worker.telemetry().reached(Bound.APP_REQUESTS, Direction.INBOUND);
        reply(
            Failure.UPSTREAM_OVERFLOW,
            "all " + config.maxRequests() + " requests to the application are under way");
        return;
      }
    }
    start(
        app.cluster(stream.originalDestination()),
        RetryConfig.NEVER,
        config.requestTimeoutNanos(),
        0);
  }

  @Override
  public void plan(HeadPlan plan, EndpointTracker endpoint) {
    planCall(plan);
    if (!trusted) {
      planStranger(plan);
    }
    if (addProto) {
      plan.line(WellKnown.name(WellKnown.X_FORWARDED_PROTO), tls == null ? HTTP : HTTPS);
    }
    // Nobody is believed who says who they are; only what TLS has proven is passed on.
    plan.drop(WellKnown.X_FORWARDED_CLIENT_CERT);
    if (tls != null && tls.clientCertificate().length > 0) {
      plan.line(WellKnown.name(WellKnown.X_FORWARDED_CLIENT_CERT), tls.clientCertificate());
    }
  }

  /** Nothing that a stranger says of where the request comes from is passed on. */
  private void planStranger(HeadPlan plan) {
    plan.drop(WellKnown.X_FORWARDED_FOR);
    plan.drop(WellKnown.X_FORWARDED_PROTO);
    plan.drop(WellKnown.X_FORWARDED_HOST);
    plan.drop(WellKnown.FORWARDED);
    plan.drop(WellKnown.TRACESTATE);
    plan.dropPrefix(ENVOY);
    if (knownPeer instanceof InetSocketAddress inet && inet.getAddress() != null) {
      plan.line(
          WellKnown.name(WellKnown.X_FORWARDED_FOR),
          inet.getAddress().getHostAddress().getBytes(StandardCharsets.US_ASCII));
    }
  }

  // How long a request may stand still is the caller's to say: it knows the route. What would be
  // left here for good is a tunnel whose caller has vanished.
  @Override
  long tunnelIdleNanos() {
    return Bound.TUNNEL_IDLE.value();
  }

  @Override
  void forget() {
    if (counted) {
      counted = false;
      app.underWay().decrementAndGet();
    }
  }

  @Override
  byte @Nullable [] hop(Failure failure) {
    return fromSidecar ? Hop.reply(failure) : null;
  }
}
