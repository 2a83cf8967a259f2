package dev.weft.sidecar.cluster;

import dev.weft.common.config.Locality;

/**
 * Where this sidecar runs, and who calls through it, as far as balancing asks. Immutable.
 *
 * @param nodeName the machine; empty: not known
 * @param place where that stands
 * @param client stands for callers whose address says nothing, since every machine has it; never 0
 */
public record Home(String nodeName, Locality place, long client) {
  /** Where every endpoint is as near as any other. */
  public static final Home UNKNOWN = new Home("", Locality.UNKNOWN, 1);

  /**
   * Of a sidecar of that name.
   *
   * @param id unique among sidecars
   */
  public static Home of(String id, String nodeName, Locality place) {
    return new Home(nodeName, place, id.hashCode() | (1L << 32));
  }

  Home in(Locality otherPlace) {
    return new Home(nodeName, otherPlace, client);
  }
}
