/**
 * {@code weft port-forward}: the control plane of a cluster for gRPC clients that are not ours.
 *
 * <p>Main thread of a process that lives until it is interrupted. May import {@code
 * dev.weft.cli.connection} and {@code dev.weft.cli.cluster}.
 */
@NullMarked
package dev.weft.cli.forward;

import org.jspecify.annotations.NullMarked;
