/** Tests of the counts of sidecars in which documents are in force. */
@NullMarked
package dev.weft.controlplane.inforce;

import org.jspecify.annotations.NullMarked;
