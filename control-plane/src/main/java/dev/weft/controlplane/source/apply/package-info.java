/**
 * The source of what people apply: documents, validated together with what is there and written to
 * the registry by compare-and-set. Nothing here blocks; futures complete on threads of the store.
 * Layer 3: imports {@code registry}, {@code validate}, {@code model} and the messages.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.source.apply;
