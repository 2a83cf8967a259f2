/**
 * Layer 6: the application's own probes, carried out for who asks the probe port. The control loop
 * starts them; one of HTTP or TCP has a thread for the time, one of gRPC runs on the loop. Imports
 * {@code check} and {@code telemetry}. Nothing of it is loaded without {@code --app-probes}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.probe;
