/**
 * Layer 0: what the control plane allows those who call it, how often each limit was reached, and
 * by whom.
 *
 * <p>No thread of its own. Imports gRPC and the meters only.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.limit;
