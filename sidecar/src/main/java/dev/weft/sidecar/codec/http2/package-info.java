/**
 * Layer 2: HTTP/2 (RFC 9113) between Netty channels and the streams of {@code http}. {@code
 * Http2Streams} holds a connection's streams, their flow control and what they send; {@code
 * Http2Frames} on top of it is what frames mean, {@code Http2Connection} on top of that begin,
 * reads and end, alike for both ends. A server's or client's connection extends that and says what
 * a head, an end and a reset mean; a stream extends {@code Http2Stream}. Frames are in {@code
 * frame}, heads in {@code head}.
 *
 * <p>A connection, its streams and all they use belong to the channel's event loop. Imports {@code
 * codec}, {@code http}, {@code telemetry}, {@code common.head} and Netty, of whose HTTP/2 codec
 * only the HPACK decoder is used.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.codec.http2;
