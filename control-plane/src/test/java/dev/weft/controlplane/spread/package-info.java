/** Tests of how the sidecars spread over the replicas. */
@NullMarked
package dev.weft.controlplane.spread;

import org.jspecify.annotations.NullMarked;
