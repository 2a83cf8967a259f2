/**
 * Kubernetes as a source of the registry: every replica follows the API server, the elected one
 * writes (design, decision 8).
 *
 * <p>{@code api} lists and watches, {@code object} trims and joins, {@code write} makes the store
 * hold the result; here is what joins them. Owns the thread {@code weft-kubernetes}. Layer 3.
 */
@NullMarked
package dev.weft.controlplane.source.kubernetes;

import org.jspecify.annotations.NullMarked;
