package dev.weft.controlplane.discovery;

import dev.weft.controlplane.compile.ResourceKey;
import dev.weft.controlplane.snapshot.EncodedResource;
import java.util.List;
import java.util.Map;

/**
 * A response that was sent and is not answered yet. A value.
 *
 * @param resources what it carries, with why each was owed
 * @param revision of the view whose content it completes
 * @param bytes its size on the wire
 */
record Outstanding(
    String nonce,
    Map<EncodedResource, Owed> resources,
    List<ResourceKey> removed,
    long revision,
    int bytes) {
  /**
   * Why something is to be sent.
   *
   * @param since the revision from which the sidecar lacks it; 0: unknown, perhaps any
   * @param changeNanos when that change came, by the engine's clock; {@link #NOT_TIMED} when it is
   *     no change but a subscription
   */
  record Owed(long since, long changeNanos) {
    static final long NOT_TIMED = Long.MIN_VALUE;
  }

  boolean owes(long revision) {
    return resources.values().stream().anyMatch(owed -> owed.since() <= revision);
  }
}
