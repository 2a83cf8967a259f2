/**
 * Layer 0: processes under measurement, the programs they run, the processors they are pinned to.
 * Imports nothing of the other packages. Runs on the bench's one thread.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.bench.process;
