/**
 * Layer 1: the certificates of either side of a connection, for callers and upstreams alike: what
 * this sidecar shows ({@link dev.weft.sidecar.tls.certificate.Credential}), whom it believes
 * ({@link dev.weft.sidecar.tls.certificate.PeerVerifier}, which says in words why it does not), and
 * who a peer has proven to be. Files are read on the thread of {@link
 * dev.weft.sidecar.tls.certificate.FileWatch}; verification runs on the worker of the connection.
 * Nothing here is loaded in a sidecar without TLS. Imports {@code telemetry} and Netty.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.tls.certificate;
