/**
 * Layer 3: one worker's way to endpoints: pools of connections, attempts, retries within their
 * budget, timeouts on the worker's tick. Everything belongs to one worker's thread; what holds for
 * the process are the limits of {@code cluster}. Imports {@code cluster}, {@code lb}, {@code
 * codec}, {@code http}, {@code telemetry}, {@code common} and Netty.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.upstream;
