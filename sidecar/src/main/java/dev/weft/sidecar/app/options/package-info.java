/**
 * Layer 7: what a person says by flags and environment, checked, as records. Read by the starting
 * thread; immutable. Imports the types of everything below that they are made of.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.app.options;
