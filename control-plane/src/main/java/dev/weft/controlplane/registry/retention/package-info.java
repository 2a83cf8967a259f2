/**
 * How long what is over is kept: former versions of documents, the store's own history, and what
 * operators have taken back. Work of the elected replica.
 *
 * <p>Layer 2: imports {@code registry} and what that imports.
 */
@NullMarked
package dev.weft.controlplane.registry.retention;

import org.jspecify.annotations.NullMarked;
