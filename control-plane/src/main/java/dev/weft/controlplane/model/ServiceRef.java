package dev.weft.controlplane.model;

/**
 * A reference to a service and, where it says so, to one of its ports.
 *
 * @param port 0: every port of the service (only where a route names its parent)
 * @param portName the name that the port has to have (only where a route names its parent); empty:
 *     any
 */
public record ServiceRef(String namespace, String name, int port, String portName) {
  public ServiceRef(String namespace, String name, int port) {
    this(namespace, name, port, "");
  }

  public ObjectKey key() {
    return new ObjectKey(namespace, name);
  }

  /** Whether it refers to that port of that service. */
  public boolean names(ObjectKey service, ServicePort one) {
    return key().equals(service)
        && (port == 0 || port == one.port())
        && (portName.isEmpty() || portName.equals(one.name()));
  }

  @Override
  public String toString() {
    return namespace
        + "/"
        + name
        + (port == 0 ? "" : ":" + port)
        + (portName.isEmpty() ? "" : ":" + portName);
  }
}
