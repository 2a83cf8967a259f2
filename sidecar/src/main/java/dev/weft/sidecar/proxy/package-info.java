/**
 * Layer 5: the one place where the request path is assembled: {@link
 * dev.weft.sidecar.proxy.OutboundStack} for what our application calls, {@link
 * dev.weft.sidecar.proxy.InboundStack} for what calls our application. A stack belongs to its
 * worker's thread. Imports everything below.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.proxy;
