package dev.weft.sidecar.upstream;

import dev.weft.common.config.EndpointConfig;
import dev.weft.common.config.EndpointConfig.WireProtocol;
import dev.weft.sidecar.cluster.EndpointTracker;
import dev.weft.sidecar.http.ReceivedHead;
import org.jspecify.annotations.Nullable;

/**
 * By which version of HTTP an attempt is made. Between sidecars the caller's version stays, and so
 * it does towards an application that has not declared another. A tunnel is always asked for as
 * HTTP/1.1, which every server of them speaks. Pure.
 */
final class VersionChoice {
  private VersionChoice() {}

  /**
   * Whether it is HTTP/2.
   *
   * @param offered whether the caller speaks HTTP/2 only because we have offered it, which says
   *     nothing of the application
   */
  static boolean isHttp2(
      ClusterPool cluster,
      EndpointTracker endpoint,
      ReceivedHead request,
      boolean grpc,
      boolean offered) {
    if (request.tunnel) {
      return false;
    }
    // What is gRPC nobody serves but over HTTP/2.
    boolean callers = request.http2 && (!offered || grpc);
    EndpointConfig peer = endpoint.config();
    if (peer.sidecar()) {
      return callers && peer.protocols().contains(WireProtocol.HTTP2);
    }
    @Nullable WireProtocol declared = cluster.cluster.config().protocol();
    if (declared != null) {
      return declared == WireProtocol.HTTP2;
    }
    // Over TLS its server says, when the connection is secured.
    return cluster.tls() != null
        ? cluster.triesHttp2(endpoint)
        : callers && (grpc || cluster.triesHttp2(endpoint));
  }
}
