/**
 * How {@code weft check} shows what it has found. Pure; imports {@code finding}.
 *
 * <p>The way of a check: {@code gather} asks the cluster, {@code rule} judges, {@code finding}
 * holds what came of it.
 */
@NullMarked
package dev.weft.cli.check;

import org.jspecify.annotations.NullMarked;
