/** Tests of views, on a real embedded store. */
@NullMarked
package dev.weft.controlplane.registry;

import org.jspecify.annotations.NullMarked;
