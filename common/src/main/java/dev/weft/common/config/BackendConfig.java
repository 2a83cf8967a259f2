package dev.weft.common.config;

import dev.weft.common.head.HeadEdits;

/**
 * A weighted share of a route.
 *
 * @param cluster a cluster's name; empty when the reference dangles, and that share is answered
 *     with 500
 * @param weight 0 to 1,000,000
 */
public record BackendConfig(
    String cluster, int weight, HeadEdits requestEdits, HeadEdits responseEdits) {
  /** A share whose heads pass as the route leaves them. */
  public static BackendConfig of(String cluster, int weight) {
    return new BackendConfig(cluster, weight, HeadEdits.NONE, HeadEdits.NONE);
  }

  public boolean dangling() {
    return cluster.isEmpty();
  }
}
