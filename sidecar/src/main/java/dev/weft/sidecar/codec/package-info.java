/**
 * Layer 2: what the protocols of HTTP share on their way between Netty channels and received heads:
 * the callers' connections of a worker and their bounds, how a peer that is gone is noticed on
 * either side, and what may stand in a path, an authority, a method or an {@code Upgrade}, by one
 * rule for both versions. {@code codec.http1} and {@code codec.http2} stand on it. A connection
 * belongs to its channel's event loop. Imports {@code http}, {@code telemetry}, {@code common.head}
 * and Netty.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.codec;
