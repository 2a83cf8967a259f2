/**
 * Layer 2: HTTP/1.1 and 1.0 (RFC 9112) between Netty channels and the streams of {@code http}:
 * {@code Http1ServerConnection} for callers, with a reader of requests and a stream that answers
 * them; {@code Http1ClientConnection} towards endpoints, with a writer of requests. Heads are
 * parsed where they lie ({@code Http1HeadParser}), strictly; bodies are passed on by their framing
 * ({@code BodyDecoder}, {@code BodyWriter}) with back-pressure; heads are written with the edits of
 * an attempt ({@code Http1Encoder}), in place where there is room.
 *
 * <p>A connection and all it uses belong to the channel's event loop. Imports {@code codec}, {@code
 * http}, {@code telemetry}, {@code common.head} and Netty.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.codec.http1;
