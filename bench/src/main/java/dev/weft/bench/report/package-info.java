/**
 * Layer 0: figures, the goals beside them, and how both are shown: text, JSON, one HTML page.
 * Imports nothing of the other packages. Pure.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.bench.report;
