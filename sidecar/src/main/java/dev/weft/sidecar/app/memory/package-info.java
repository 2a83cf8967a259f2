/**
 * What memory and descriptors the process has, what it may take on with them, and when memory is
 * short.
 *
 * <p>Control loop, but for what is asked once at the start. May import {@code http} and {@code
 * telemetry}.
 */
@NullMarked
package dev.weft.sidecar.app.memory;

import org.jspecify.annotations.NullMarked;
