package dev.weft.sidecar.app.options;

/**
 * Limits of the process that a person may set.
 *
 * @param maxConnections of callers; 0: derived from memory and descriptors
 * @param maxRequests under way; 0: no limit
 * @param maxConnectionAgeSeconds after which a caller is told to connect anew; 0: never
 */
public record LimitOptions(int maxConnections, int maxRequests, int maxConnectionAgeSeconds) {}
