/**
 * Callers of the control plane that are no sidecars: hosts with simulated instances, and callers
 * that do what they should not; and how long it takes until a change is seen. Threads are those of
 * gRPC, and one that keeps the rate. Imports the public API's stubs and {@code
 * dev.weft.cli.demo.process}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.soak.churn;
