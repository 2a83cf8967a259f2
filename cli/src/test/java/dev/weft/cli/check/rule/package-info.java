/** Tests of the rules of {@code weft check}, without a cluster. */
@NullMarked
package dev.weft.cli.check.rule;

import org.jspecify.annotations.NullMarked;
