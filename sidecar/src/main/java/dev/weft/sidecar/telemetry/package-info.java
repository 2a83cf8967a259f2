/**
 * Layer 0: what the sidecar counts and writes down about requests. A worker fills a {@link
 * dev.weft.sidecar.telemetry.RequestRecord} and its own plain counters; another thread formats the
 * access log, and the scrape reads the counters of all workers. Nothing here blocks a worker or
 * takes a lock on it. Imports {@code common.head} only; Micrometer is loaded by the first scrape.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.sidecar.telemetry;
