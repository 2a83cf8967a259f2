/**
 * Layer 4: active health checks, over HTTP or TCP, on the control loop. Imports {@code
 * common.config}, {@code sidecar.cluster} and Netty's transport and buffers.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.check;
