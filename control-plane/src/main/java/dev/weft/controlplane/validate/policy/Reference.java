package dev.weft.controlplane.validate.policy;

import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.model.ServiceRef;
import dev.weft.controlplane.validate.yaml.Place;
import org.jspecify.annotations.Nullable;

/**
 * What a document refers to, and where it says so.
 *
 * @param kind the kind that it refers to
 * @param port 0: none is named by its number
 * @param portAt where the port is named; null when none is
 * @param portName the port's name; empty: none is named so
 * @param portNameAt where that is; null when it is not
 * @param role what is there
 */
public record Reference(
    String kind,
    ObjectKey key,
    Place at,
    int port,
    @Nullable Place portAt,
    String portName,
    @Nullable Place portNameAt,
    Role role) {
  /** What a reference is for. */
  public enum Role {
    /** A route is attached there. */
    PARENT,
    /** A route sends requests there. */
    BACKEND,
    /** A TrafficPolicy is attached there. */
    TARGET,
    /** A ConfigEntry is for its instances; it may come later. */
    AUDIENCE
  }

  /** To the service whose requests a route is for. */
  public static Reference parent(
      ServiceRef service, Place at, @Nullable Place portAt, @Nullable Place portNameAt) {
    return new Reference(
        Kinds.SERVICE,
        service.key(),
        at,
        service.port(),
        portAt,
        service.portName(),
        portNameAt,
        Role.PARENT);
  }

  /** To a service that a route sends requests to. */
  public static Reference backend(ServiceRef service, Place at, Place portAt) {
    return new Reference(
        Kinds.SERVICE, service.key(), at, service.port(), portAt, "", null, Role.BACKEND);
  }

  /** To the service that configuration is for. */
  public static Reference audience(ObjectKey service, Place at) {
    return new Reference(Kinds.SERVICE, service, at, 0, null, "", null, Role.AUDIENCE);
  }

  /** To what a policy is for. */
  public static Reference target(String kind, ObjectKey key, Place at) {
    return new Reference(kind, key, at, 0, null, "", null, Role.TARGET);
  }
}
