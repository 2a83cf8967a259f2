/**
 * Layer 7: what the API server asks before it stores an object. {@code /inject} gives pods their
 * sidecar, {@code /validate} says of policies what {@code weft apply} would say.
 *
 * <p>{@link dev.weft.controlplane.webhook.AdmissionServer} has threads of its own, one virtual
 * thread per request; the reviewers are free for any of them. Imports {@code webhook.injection},
 * {@code validate} and {@code auth.kubernetes}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.webhook;
