/**
 * Layer 5: compiled resources as they are sent: encoded once, with a version that is a hash of the
 * content, checked by the validator that the sidecars run. What is invalid is never sent: the last
 * good one stays.
 *
 * <p>A {@link dev.weft.controlplane.snapshot.ResourceTable} belongs to the discovery engine's
 * thread. Imports {@code compile}, {@code registry} (changes), {@code common.wire} and the
 * messages.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.snapshot;
