/**
 * Tests of the distribution as it is shipped: its folders, its start scripts and its ahead-of-time
 * caches.
 */
@NullMarked
package dev.weft.dist;

import org.jspecify.annotations.NullMarked;
