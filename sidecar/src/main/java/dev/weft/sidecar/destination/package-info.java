/**
 * Layer 0: where connections that the kernel has redirected to us were meant to go. Any thread;
 * immutable. Imports nothing of ours.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.destination;
