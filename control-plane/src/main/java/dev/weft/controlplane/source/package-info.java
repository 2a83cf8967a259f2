/**
 * What writes to the registry, one package per source.
 *
 * <p>Layer 3: imports {@code registry}, {@code validate}, {@code model}, the messages and {@code
 * dev.weft.common}.
 */
@NullMarked
package dev.weft.controlplane.source;

import org.jspecify.annotations.NullMarked;
