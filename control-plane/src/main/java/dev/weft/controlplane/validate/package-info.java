/**
 * Layer 1: strict decoding of the documents that people write (Service, HTTPRoute, TrafficPolicy),
 * and the rules between them. Every error says manifest, document, line, object, field path, value
 * and what was expected. Pure functions, free for any thread.
 *
 * <p>{@link dev.weft.controlplane.validate.DocumentDecoder} is the entry. Imports {@code
 * validate.spec}, {@code validate.policy}, {@code validate.yaml}, {@code model}, {@code common} and
 * the messages of {@code weft.policy.v1}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.validate;
