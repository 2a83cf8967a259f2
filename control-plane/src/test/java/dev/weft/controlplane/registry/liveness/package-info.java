/** Tests of sessions, the election and the reaper, on a real embedded store. */
@NullMarked
package dev.weft.controlplane.registry.liveness;

import org.jspecify.annotations.NullMarked;
