package dev.weft.sidecar.cluster;

import dev.weft.common.config.EndpointConfig;

/**
 * What makes an endpoint the same one in the next snapshot: its health is kept.
 *
 * <p>Compares by hand: what a record brings for that is generated while a sidecar starts, which
 * costs it milliseconds and the classes of the generator.
 */
record EndpointKey(String id, String incarnation, String address, int port) {
  static EndpointKey of(EndpointConfig config) {
    return new EndpointKey(config.id(), config.incarnation(), config.address(), config.port());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EndpointKey key
        && port == key.port
        && id.equals(key.id)
        && incarnation.equals(key.incarnation)
        && address.equals(key.address);
  }

  @Override
  public int hashCode() {
    return ((id.hashCode() * 31 + incarnation.hashCode()) * 31 + address.hashCode()) * 31 + port;
  }
}
