/**
 * Layer 6: the configuration of our application, given to it over HTTP on a port of loopback:
 * single values, and a stream of changes. All of it is on the control loop; no class of it is
 * loaded where it is off. Imports {@code common}, {@code telemetry} and Netty.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.appconfig;
