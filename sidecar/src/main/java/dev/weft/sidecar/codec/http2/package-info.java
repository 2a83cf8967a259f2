/**
 * Layer 2: HTTP/2 (RFC 9113) between Netty channels and the streams of {@code http}. {@link
 * dev.weft.sidecar.codec.http2.Http2Connection} is the core that both ends share: frames in ({@code
 * FrameReader}), frames out ({@code FrameWriter}), settings, the table of streams, flow control
 * both ways, the fair sharing of a connection among its streams, and the bounds against abuse. A
 * server's or client's connection extends it and says what a head, an end and a reset mean; a
 * stream extends {@code Http2Stream}. {@code HeadDecoder} turns a header block into a {@code
 * ReceivedHead}, strictly; {@code HeadEncoder} the other way round.
 *
 * <p>A connection, its streams and all they use belong to the channel's event loop. Imports {@code
 * codec}, {@code http}, {@code telemetry}, {@code common.head} and Netty, of whose HTTP/2 codec
 * only the HPACK decoder is used.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.codec.http2;
