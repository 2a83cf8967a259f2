/**
 * Who calls the control plane, and what they may: tokens and client certificates are verified by
 * the cluster's API server and its authority, permissions are those of its RBAC. Nothing here knows
 * Kubernetes' client: {@link dev.weft.controlplane.auth.TokenReviewer} and {@link
 * dev.weft.controlplane.auth.AccessReviewer} are its seam.
 *
 * <p>Threads: gRPC's only hand over; whatever may block runs on a virtual thread per call. Layer 2:
 * imports {@code validate}, {@code pki}.
 */
@NullMarked
package dev.weft.controlplane.auth;

import org.jspecify.annotations.NullMarked;
