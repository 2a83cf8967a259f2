/** Tests of what is kept for how long, on a real embedded store. */
@NullMarked
package dev.weft.controlplane.registry.retention;

import org.jspecify.annotations.NullMarked;
