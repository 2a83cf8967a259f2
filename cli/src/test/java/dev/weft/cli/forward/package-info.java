@NullMarked
package dev.weft.cli.forward;

import org.jspecify.annotations.NullMarked;
