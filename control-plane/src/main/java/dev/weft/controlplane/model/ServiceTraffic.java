package dev.weft.controlplane.model;

/**
 * What a {@link Service} itself says of how its callers spread over its endpoints. Immutable.
 *
 * @param preferSameZone whether each endpoint is for the callers of its own zone first; of a
 *     service of Kubernetes its slices have the hints instead
 * @param byClientAddress whether all that one address sends goes to one endpoint
 * @param sameNodeOnly whether callers use endpoints on their own node only
 */
public record ServiceTraffic(
    boolean preferSameZone, boolean byClientAddress, boolean sameNodeOnly) {
  /** Every endpoint is for every caller alike. */
  public static final ServiceTraffic EVEN = new ServiceTraffic(false, false, false);
}
