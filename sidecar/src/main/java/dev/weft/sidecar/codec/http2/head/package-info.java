/**
 * Layer 2: heads of HTTP/2 (RFC 9113, section 8; RFC 7541): {@code HeadDecoder} turns a header
 * block into a {@code ReceivedHead}, strictly; {@code HeadEncoder} the other way round, straight
 * from its bytes.
 *
 * <p>A decoder per connection, because HPACK remembers; all else per worker. Imports {@code
 * codec.http2.frame}, {@code codec}, {@code http}, {@code telemetry}, {@code common.head} and
 * Netty's HPACK decoder.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.codec.http2.head;
