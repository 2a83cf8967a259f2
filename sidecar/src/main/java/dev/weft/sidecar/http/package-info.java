/**
 * Layer 1: what the request path speaks in: received heads, plans for the heads to be sent, the two
 * ends of an exchange with their back-pressure, the one table of failures and the local replies
 * written from it. Everything here belongs to one worker's thread. Imports Netty's buffers and
 * attribute keys and {@code common.head} only.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.http;
