/**
 * Layer 6: the sidecar's own small HTTP server for people and tools, on loopback unless told
 * otherwise, and the pages that show configuration, clusters and what listens. Served by the
 * control loop; what takes long is answered from another thread. Imports {@code common.config} and
 * {@code sidecar.cluster}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.admin;
