package dev.weft.sidecar.lb;

import dev.weft.common.config.EndpointConfig;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Which of a cluster's endpoints a caller prefers by their hints, as kube-proxy decides it
 * (KEP-2433, KEP-4444, KEP-3015): if every endpoint has a hint for machines and one is for the
 * caller's, those; else if every endpoint has a hint for zones and one is for the caller's, those;
 * else nobody is preferred. So no caller is sent to a zone without endpoints. Immutable.
 */
public final class TopologyHints {
  private final String own;
  private final boolean byNode;

  private TopologyHints(String own, boolean byNode) {
    this.own = own;
    this.byNode = byNode;
  }

  /**
   * What the hints of all endpoints together say.
   *
   * @param nodeName the machine on which the caller runs; empty: not known
   * @param zone where that stands; empty: not known
   * @return null: no endpoint is preferred
   */
  public static @Nullable TopologyHints of(
      Collection<EndpointConfig> endpoints, String nodeName, String zone) {
    boolean everyNode = !nodeName.isEmpty();
    boolean everyZone = !zone.isEmpty();
    boolean ourNode = false;
    boolean ourZone = false;
    for (EndpointConfig endpoint : endpoints) {
      everyNode &= !endpoint.forNodes().isEmpty();
      everyZone &= !endpoint.forZones().isEmpty();
      if (!everyNode && !everyZone) {
        return null;
      }
      ourNode |= endpoint.forNodes().contains(nodeName);
      ourZone |= endpoint.forZones().contains(zone);
    }
    if (everyNode && ourNode) {
      return new TopologyHints(nodeName, true);
    }
    return everyZone && ourZone ? new TopologyHints(zone, false) : null;
  }

  /** Whether the caller is to be sent there as long as it can be. */
  public boolean prefer(EndpointConfig endpoint) {
    return (byNode ? endpoint.forNodes() : endpoint.forZones()).contains(own);
  }

  /** For people: {@code zone eu-1a}. */
  @Override
  public String toString() {
    return (byNode ? "node " : "zone ") + own;
  }
}
