@NullMarked
package dev.weft.cli.install;

import org.jspecify.annotations.NullMarked;
