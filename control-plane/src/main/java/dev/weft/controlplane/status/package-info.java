/**
 * Says on objects of Kubernetes what became of them: conditions in their status, and an event when
 * something is wrong. Only the replica that leads writes, and only what differs from what is there.
 *
 * <p>{@code WantedStatus} is what should stand there and {@code StatusMerge} joins it with what
 * others say; both are pure. {@code StatusWriter} owns the thread {@code weft-status}. Layer 7.
 */
@NullMarked
package dev.weft.controlplane.status;

import org.jspecify.annotations.NullMarked;
