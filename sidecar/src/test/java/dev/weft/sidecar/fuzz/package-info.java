/**
 * Fuzzing: the targets of the parsers by name, a short run of them among the tests, and a long one
 * with Jazzer ({@code ./weft fuzz}). The targets stand beside what they test.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.fuzz;
