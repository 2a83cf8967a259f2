/**
 * Layer 2: frames of HTTP/2 (RFC 9113, sections 4 and 6) and nothing of their meaning: {@code
 * FrameReader} cuts what is received into frames, checks their form and tells a {@code FrameSink};
 * {@code FrameWriter} gathers what is to be sent. {@code ConnectionError} ends a connection, with a
 * code of {@code ErrorCode}, perhaps for a {@code Flood}.
 *
 * <p>One reader and writer per connection, on its event loop. Imports {@code codec}, {@code http},
 * {@code telemetry} and Netty's buffers and channels.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.codec.http2.frame;
