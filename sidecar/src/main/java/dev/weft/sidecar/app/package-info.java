/**
 * Layer 7: main, wiring and drain order of the sidecar. {@link dev.weft.sidecar.app.Sidecar} is
 * made by the starting thread; what it wires runs on the control loop and the workers. Imports
 * everything below.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.app;
