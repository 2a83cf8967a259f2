/**
 * What clients of a registry did and saw while it was under way, and a checker of whether the
 * registry kept its contract. Pure but for the recording, which any thread may do.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.testkit.history;
