/**
 * Layer 1, below {@code validate}: the {@code spec} of each kind of document, read into the model.
 * A reader notes on the draft what the document refers to; whether that is there is not its affair.
 * Pure functions, free for any thread. Imports {@code validate.policy}, {@code validate.yaml},
 * {@code model} and {@code common}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.validate.spec;
