package dev.weft.sidecar.cluster;

/**
 * Where this sidecar runs, and who calls through it, as far as balancing asks. Immutable.
 *
 * @param nodeName the machine; empty: not known
 * @param zone where that stands; empty: not known
 * @param client stands for callers whose address says nothing, since every machine has it; never 0
 */
public record Home(String nodeName, String zone, long client) {
  /** Where every endpoint is as near as any other. */
  public static final Home UNKNOWN = new Home("", "", 1);

  /**
   * Of a sidecar of that name.
   *
   * @param id unique among sidecars
   */
  public static Home of(String id, String nodeName, String zone) {
    return new Home(nodeName, zone, id.hashCode() | (1L << 32));
  }

  Home in(String otherZone) {
    return new Home(nodeName, otherZone, client);
  }
}
