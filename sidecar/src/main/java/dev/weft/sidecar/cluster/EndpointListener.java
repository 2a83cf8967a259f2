package dev.weft.sidecar.cluster;

/** Is told when an endpoint goes, so that idle connections to it can be closed. */
public interface EndpointListener {
  EndpointListener NONE = (cluster, endpoint) -> {};

  /** On the control loop, when no picker has the endpoint any more. Must not block. */
  void onEndpointGone(Cluster cluster, EndpointTracker endpoint);
}
