/**
 * Layer 1, below {@code validate.spec}: what is said of documents of every kind: the kinds, a
 * document while it is decoded and afterwards, what it refers to, and what is there already.
 * Immutable but for {@link dev.weft.controlplane.validate.policy.Draft}, which one thread uses.
 * Imports {@code validate.yaml}, {@code model} and the messages of {@code weft.policy.v1}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.validate.policy;
