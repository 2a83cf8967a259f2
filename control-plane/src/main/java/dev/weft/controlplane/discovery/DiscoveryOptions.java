package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.Compiler;
import dev.weft.controlplane.discovery.pace.StreamLimits;
import dev.weft.controlplane.limit.PeerLimit;
import java.time.Duration;

/**
 * The engine's bounds and times. A value.
 *
 * @param clusterDomain the suffix of a service's full name
 * @param maxSubscriptions names that one stream may be subscribed to
 * @param maxHeld resources that a stream may bring along
 * @param maxResponseBytes a response ends before the resource that would exceed this; one resource
 *     may be larger
 * @param ackTimeout a sidecar that reads, but does not answer a response for this long, is cut off
 * @param quiet a burst of changes ends when nothing has changed for this long
 * @param maxBatch but no change of a burst waits longer than this
 * @param awaitedGap a change that somebody waits for is sent without waiting for the burst's end,
 *     this long after the last one at the soonest
 * @param streamLimits what all streams together may take
 * @param storeGrace what a sidecar holds from another store is not replaced or removed before this
 *     time has passed, in which the instances register with the new one
 */
public record DiscoveryOptions(
    String clusterDomain,
    int maxSubscriptions,
    int maxHeld,
    int maxResponseBytes,
    Duration ackTimeout,
    Duration quiet,
    Duration maxBatch,
    Duration awaitedGap,
    StreamLimits streamLimits,
    Duration storeGrace) {
  public static final DiscoveryOptions DEFAULT =
      new DiscoveryOptions(
          Compiler.DEFAULT_CLUSTER_DOMAIN,
          PeerLimit.NAMES.intValue(),
          PeerLimit.HELD.intValue(),
          PeerLimit.RESPONSE.intValue(),
          PeerLimit.ANSWER_TIME.time(),
          Duration.ofMillis(10),
          Duration.ofMillis(100),
          Duration.ofMillis(2),
          StreamLimits.DEFAULT,
          Duration.ofSeconds(10));
}
