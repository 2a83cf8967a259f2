/**
 * Layer 1: how one of a cluster's endpoints is chosen. Pure: no Netty, no clock, no random source
 * but what is passed in. Policies and candidates are immutable, made by the control loop; {@link
 * dev.weft.sidecar.lb.EndpointLoad} and {@link dev.weft.sidecar.lb.ClusterLoad} belong to one
 * worker each. A pick allocates nothing and takes no lock. Imports {@code common.config} only.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.lb;
