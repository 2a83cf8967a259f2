/**
 * Layer 1: compiled configuration as the sidecar uses it: immutable, checked when it was made (by
 * {@code wire}), so that whoever reads it need not check again. Imports {@code common.head} only.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.common.config;
