package dev.weft.common.config;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import org.jspecify.annotations.Nullable;

/**
 * What an {@code appProtocol} means: the names that Kubernetes defines, those that meshes have
 * always understood, and the IANA service names of the rest. Pure.
 */
public final class AppProtocols {
  private AppProtocols() {}

  /**
   * The protocol to be spoken to an application that declares this.
   *
   * @param appProtocol as in a Service's port; empty: nothing is declared
   * @return null when nothing is declared; TCP for every protocol that is passed through unread:
   *     TLS, databases, names of which nothing is known
   */
  public static @Nullable WireProtocol wireProtocol(String appProtocol) {
    return switch (appProtocol) {
      case "" -> null;
      case "http", "http1", "kubernetes.io/ws", "kubernetes.io/wss" -> WireProtocol.HTTP1;
      case "kubernetes.io/h2c", "h2c", "http2", "grpc", "grpc-web" -> WireProtocol.HTTP2;
      default -> WireProtocol.TCP;
    };
  }
}
