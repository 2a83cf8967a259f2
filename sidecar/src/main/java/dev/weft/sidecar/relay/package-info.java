/**
 * Layer 4: bytes between a caller's connection and one to an endpoint, of whatever protocol:
 * connect with retries, half-close, back-pressure both ways, idle timeout, counts. A relay belongs
 * to its worker's thread. Imports {@code cluster}, {@code codec}, {@code http}, {@code lb}, {@code
 * telemetry}, {@code tls}, {@code upstream} and Netty.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.relay;
