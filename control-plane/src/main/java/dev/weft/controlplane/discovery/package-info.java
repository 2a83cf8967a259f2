/**
 * Layer 6: the delta streams of {@code weft.discovery.v1}: what each sidecar subscribes to, holds,
 * was sent and has acknowledged.
 *
 * <p>One engine thread owns all of it; gRPC's threads, the registry's and callers only hand over.
 * Imports {@code limit}, {@code snapshot}, {@code compile} (keys and counts), {@code registry},
 * {@code inforce}, the messages and stubs.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.discovery;
