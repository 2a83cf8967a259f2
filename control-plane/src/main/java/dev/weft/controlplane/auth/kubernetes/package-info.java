/**
 * Kubernetes as the one that knows callers, their permissions, the authority that the replicas
 * share, and what they and etcd know each other by. Calls block, for as long as the client's
 * request timeout at most: for virtual threads. Layer 2, above {@code auth}.
 */
@NullMarked
package dev.weft.controlplane.auth.kubernetes;

import org.jspecify.annotations.NullMarked;
