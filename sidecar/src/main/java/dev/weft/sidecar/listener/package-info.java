/**
 * Layer 6: bind and accept: one acceptor, on the first worker's loop, hands each new connection to
 * the worker that serves the fewest. Imports {@code proxy} and everything below.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.listener;
