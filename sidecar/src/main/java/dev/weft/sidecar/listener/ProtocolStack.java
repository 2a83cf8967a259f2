package dev.weft.sidecar.listener;

import io.netty.channel.ChannelPipeline;
import org.jspecify.annotations.Nullable;

/** Serves the connections that speak one protocol. One per worker and listener; its thread only. */
@FunctionalInterface
public interface ProtocolStack {
  /**
   * Adds what serves the connection at the pipeline's end. What was read of the connection so far
   * comes right after by {@code channelRead}, from the first byte on.
   *
   * @param hello what the client's TLS hello says; null: it is not TLS
   */
  void install(ChannelPipeline pipeline, @Nullable ClientHello hello);
}
