/** Tests of the command line against a small server that answers what each test says. */
@NullMarked
package dev.weft.cli;

import org.jspecify.annotations.NullMarked;
