/**
 * Layer 2: messages to configuration, with every check: the one validator of both sides. The
 * control plane runs it over what it compiled before it sends anything, the sidecar over what it
 * received before anything is in force. Pure functions, free for any thread. Imports {@code
 * common.config}, {@code common.head} and the messages.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.common.wire;
