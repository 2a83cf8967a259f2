/**
 * Instances that register themselves: checks what they send and writes it to the registry.
 *
 * <p>No thread of its own: callable from any, never blocks. Layer 3: imports {@code registry},
 * {@code model}, the messages and {@code dev.weft.common}.
 */
@NullMarked
package dev.weft.controlplane.source.self;

import org.jspecify.annotations.NullMarked;
