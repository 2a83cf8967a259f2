/**
 * The public gRPC API: registry, policies, mesh. Thin: checks requests, asks the layers below,
 * turns their failures into statuses that a person can act on.
 *
 * <p>Called on gRPC's threads, never blocks. Layer 7: imports every layer below.
 */
@NullMarked
package dev.weft.controlplane.api;

import org.jspecify.annotations.NullMarked;
