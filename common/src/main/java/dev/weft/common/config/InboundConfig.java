package dev.weft.common.config;

import java.util.List;

/** What a sidecar applies to requests that arrive for its application; 0 is no limit. */
public record InboundConfig(
    String name, long requestTimeoutNanos, int maxRequests, List<Origin> origins) {
  public static final InboundConfig DEFAULT = new InboundConfig("", 0, 0, List.of());

  public InboundConfig {
    origins = List.copyOf(origins);
  }
}
