/**
 * Layer 1: the PROXY protocol, versions 1 and 2 (haproxy.org, {@code proxy-protocol.txt}): reading
 * and writing the header by which a proxy tells who really called. Worker thread. Imports Netty and
 * {@code common.config}. Its own few hundred lines instead of Netty's {@code codec-haproxy}, which
 * would be one more jar for every sidecar, decodes into objects that we would throw away, and is
 * less strict.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.proxyprotocol;
