/**
 * Layer 3: side-by-side benchmarks of the shipped distribution and its peers: every contender is a
 * process of its own, loaded in turn within one run, and only ratios are worth quoting. Runs on one
 * thread. Imports everything below.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.bench;
