/**
 * Layer 4: active health checks, over HTTP, gRPC or TCP, on the control loop. Imports {@code
 * common.config}, {@code sidecar.cluster}, {@code sidecar.tls}, {@code sidecar.proxyprotocol},
 * Netty's transport and HTTP/2.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.check;
