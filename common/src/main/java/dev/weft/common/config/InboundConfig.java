package dev.weft.common.config;

import dev.weft.common.config.EndpointConfig.WireProtocol;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a sidecar applies to requests that arrive for its application; 0 is no limit.
 *
 * @param ports what the application speaks, where it is declared
 */
public record InboundConfig(
    String name,
    long requestTimeoutNanos,
    int maxRequests,
    List<Origin> origins,
    List<InboundPort> ports) {
  public static final InboundConfig DEFAULT = new InboundConfig("", 0, 0, List.of(), List.of());

  public InboundConfig {
    origins = List.copyOf(origins);
    ports = List.copyOf(ports);
  }

  /** What the application speaks on a port; null: not declared. */
  public @Nullable WireProtocol protocol(int port) {
    for (InboundPort one : ports) {
      if (one.port() == port) {
        return one.protocol();
      }
    }
    return null;
  }

  /**
   * A port whose protocol is declared.
   *
   * @param port the service's, as the instance has registered it; of a pod the pod's own
   */
  public record InboundPort(int port, WireProtocol protocol) {}
}
