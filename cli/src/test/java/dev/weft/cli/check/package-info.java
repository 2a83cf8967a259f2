/** Tests of what a check shows, and of where each of its ids is documented. */
@NullMarked
package dev.weft.cli.check;

import org.jspecify.annotations.NullMarked;
