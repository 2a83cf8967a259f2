/** Tests of the demo's own parts; the demo itself is the test of everything else. */
@NullMarked
package dev.weft.cli.demo;

import org.jspecify.annotations.NullMarked;
