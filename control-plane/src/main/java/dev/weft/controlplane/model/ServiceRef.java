package dev.weft.controlplane.model;

/**
 * A reference to a service and, where it says so, to one of its ports.
 *
 * @param port 0: every port of the service (only where a route names its parent)
 */
public record ServiceRef(String namespace, String name, int port) {
  @Override
  public String toString() {
    return namespace + "/" + name + (port == 0 ? "" : ":" + port);
  }
}
