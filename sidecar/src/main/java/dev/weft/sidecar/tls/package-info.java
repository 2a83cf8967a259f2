/**
 * Layer 1: TLS with BoringSSL. Server and client contexts made from files and configuration,
 * replaced while they are in use; verification of peers with a reason that a person can read; the
 * handlers that terminate and originate TLS on a channel. Files are read on the thread of {@link
 * dev.weft.sidecar.tls.FileWatch}; handlers run on their worker. Nothing here is loaded in a
 * sidecar without TLS. Imports {@code telemetry}, {@code common} and Netty.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.tls;
