/**
 * Layer 0: value types by subject, used by both sides. Pure: no Netty, no gRPC, no threads. Imports
 * nothing of Weft.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.common;
