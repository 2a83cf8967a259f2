@NullMarked
package dev.weft.cli.images;

import org.jspecify.annotations.NullMarked;
