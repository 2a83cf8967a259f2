/** Tests of the whole control plane. */
@NullMarked
package dev.weft.controlplane.app;

import org.jspecify.annotations.NullMarked;
