/**
 * Layer 1: load generators: wrk and h2load, and one of our own for what they lack (a fixed rate,
 * client certificates). Imports {@code process}. What has a {@code main} runs in a process of its
 * own, on one event loop.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.bench.load;
