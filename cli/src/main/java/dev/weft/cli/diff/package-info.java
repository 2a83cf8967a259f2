/**
 * Differences of texts, line by line, as people read them.
 *
 * <p>Owned by no thread: pure functions. Imports the JDK only.
 */
@NullMarked
package dev.weft.cli.diff;

import org.jspecify.annotations.NullMarked;
