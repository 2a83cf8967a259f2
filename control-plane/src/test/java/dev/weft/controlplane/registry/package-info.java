/** Tests of views, sessions and the reaper, on a real embedded store. */
@NullMarked
package dev.weft.controlplane.registry;

import org.jspecify.annotations.NullMarked;
