/**
 * Layer 6: DNS. Answers for names of the mesh on ports of our own, one for each name server that
 * the application has; everything else goes on to that name server, and back, byte for byte. On the
 * control loop; no class of it is loaded where DNS is off. Imports telemetry, and sockets of {@code
 * listener}'s kind are given to it.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.dns;
