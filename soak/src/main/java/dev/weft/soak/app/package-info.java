/**
 * The application behind the sidecars of a soak run: Jetty, which we did not write, with HTTP/1.1
 * and HTTP/2 on one port. A thread per request. Imports nothing of Weft.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.soak.app;
