/**
 * What operators say of instances and zones, beside what those say themselves: written under keys
 * of its own, so that no registration overwrites it.
 *
 * <p>Owned by no thread; nothing blocks. Layer 3: imports {@code registry}, {@code model}, {@code
 * validate}, the messages.
 */
@NullMarked
package dev.weft.controlplane.source.operator;

import org.jspecify.annotations.NullMarked;
