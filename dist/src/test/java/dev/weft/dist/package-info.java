/**
 * Tests of the distribution as it is shipped: its folders, its start scripts and its ahead-of-time
 * caches; and of what it is on a real cluster, where everything may fail.
 */
@NullMarked
package dev.weft.dist;

import org.jspecify.annotations.NullMarked;
