package dev.weft.sidecar.listener;

import dev.weft.sidecar.relay.Relay;
import org.jspecify.annotations.Nullable;

/** Serves connections as bytes. One per worker and listener; its thread only. */
@FunctionalInterface
public interface RelayStack {
  /**
   * A relay for a connection.
   *
   * @param hello what the client's TLS hello says; null: it is not TLS, or nobody has looked
   */
  Relay newRelay(@Nullable ClientHello hello);
}
