/**
 * Layer 2: what one choice of an endpoint costs, by JMH in a process of its own. The benchmarks'
 * classes are public because JMH generates what calls them. Imports report and the sidecar's
 * clusters.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.bench.picks;
