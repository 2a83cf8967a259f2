package dev.weft.sidecar.cluster;

/**
 * A cluster's endpoints of one priority, for people to read ({@code /clusters}).
 *
 * @param name what they have in common, e.g. {@code zone eu/eu-1a}
 * @param healthy how many neither fail checks nor are ejected
 * @param endpoints how many there are
 * @param share of all requests, 0 to 1
 * @param panic whether all of them are used, since too few are healthy
 */
public record PriorityStatus(
    String name, int healthy, int endpoints, double share, boolean panic) {}
