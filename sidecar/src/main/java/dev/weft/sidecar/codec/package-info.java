/**
 * Layer 2: HTTP/1.1 between Netty channels and received heads: parsing in place, strict by RFC 9112
 * and 9110, encoding with the edits of an attempt, body framing with back-pressure. A connection
 * belongs to its channel's event loop. Imports {@code http}, {@code telemetry}, {@code common.head}
 * and Netty.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.codec;
