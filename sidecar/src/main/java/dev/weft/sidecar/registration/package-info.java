/**
 * Layer 6: the sidecar as an instance of its service: probes the application, registers it, keeps
 * it alive with its readiness, and takes leave politely. The control loop owns everything here.
 * Imports {@code sidecar.check} and the messages.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.registration;
