/**
 * Layer 4: active health checks, over HTTP, gRPC or TCP, on the control loop. Imports {@code
 * common.config}, {@code sidecar.cluster}, Netty's transport and buffers, and gRPC's client.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.check;
