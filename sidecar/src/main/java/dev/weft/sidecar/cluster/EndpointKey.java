package dev.weft.sidecar.cluster;

import dev.weft.common.config.EndpointConfig;

/** What makes an endpoint the same one in the next snapshot: its health is kept. */
record EndpointKey(String id, String incarnation, String address, int port) {
  static EndpointKey of(EndpointConfig config) {
    return new EndpointKey(config.id(), config.incarnation(), config.address(), config.port());
  }
}
