/**
 * The control plane as a process: options, wiring, health, metrics, orderly start and end.
 *
 * <p>Threads: one that opens the store and wires, one that ticks what depends on time, gRPC's, the
 * metrics server's. Layer 8: imports everything.
 */
@NullMarked
package dev.weft.controlplane.app;

import org.jspecify.annotations.NullMarked;
