/**
 * Who is alive: sessions of instances, the lease of each replica and what is kept under it, the
 * election of one among the replicas, and the reaper, which removes who has been silent.
 *
 * <p>Layer 2: imports {@code registry} and what that imports.
 */
@NullMarked
package dev.weft.controlplane.registry.liveness;

import org.jspecify.annotations.NullMarked;
