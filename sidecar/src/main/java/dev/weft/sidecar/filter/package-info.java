/**
 * Layer 2: the filter SPI and the filters that need no call, compiled per route into an array, and
 * the translation between gRPC-Web and gRPC. Filters are immutable and shared by all workers; what
 * keeps state belongs to one exchange and its worker. Imports {@code common}, {@code sidecar.http}
 * and Netty's buffers.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.filter;
