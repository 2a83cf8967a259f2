/**
 * Runs gRPC's interoperability suite as a process of its own, so that the versions it needs meet
 * nobody else's. Imports nothing of Weft.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.interop;
