/**
 * Layer 1: TLS with BoringSSL on connections: server and client contexts made from files and
 * configuration, replaced while they are in use, and the handlers that terminate ({@link
 * dev.weft.sidecar.tls.TlsAcceptor}) and originate ({@link dev.weft.sidecar.tls.ClientContexts})
 * TLS on a channel. What is shown and whom we believe is in {@code tls.certificate}. Handlers run
 * on their worker. Nothing here is loaded in a sidecar without TLS. Imports {@code
 * tls.certificate}, {@code telemetry}, {@code common} and Netty.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.tls;
