package dev.weft.controlplane.discovery.pace;

import dev.weft.controlplane.limit.PeerLimit;
import java.time.Duration;

/**
 * What the streams of one replica may take. A value.
 *
 * @param streams connected sidecars
 * @param names that all of them together subscribe to
 * @param unreadBytes of responses that transports have not taken, together
 * @param late a sidecar that has not read or answered for this long is named
 * @param readTime one that has not read for this long is cut off
 */
public record StreamLimits(
    int streams, long names, long unreadBytes, Duration late, Duration readTime) {
  /** What a name costs at most with what it leads to, by and large: in the heap there is room. */
  private static final long BYTES_PER_NAME = 1024;

  private static final long FEWEST_NAMES = 200_000;

  public static final StreamLimits DEFAULT =
      new StreamLimits(
          PeerLimit.STREAMS.intValue(),
          Math.max(FEWEST_NAMES, Runtime.getRuntime().maxMemory() / BYTES_PER_NAME),
          PeerLimit.UNREAD.value(),
          PeerLimit.LATE.time(),
          PeerLimit.READ_TIME.time());
}
