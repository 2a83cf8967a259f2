/**
 * Layer 0: what the registry knows, as immutable records: services, workloads, routes, traffic
 * policies. Values only, free for any thread. Imports {@code common.config} only.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.model;
