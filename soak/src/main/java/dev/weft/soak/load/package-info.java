/**
 * A load generator that never retries a request and honours {@code Connection: close} and GOAWAY:
 * Jetty's client for HTTP/1.1 and HTTP/2, grpc-java for gRPC. Imports nothing of Weft.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.soak.load;
