@NullMarked
package dev.weft.controlplane.pki;

import org.jspecify.annotations.NullMarked;
