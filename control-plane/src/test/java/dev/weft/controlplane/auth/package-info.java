@NullMarked
package dev.weft.controlplane.auth;

import org.jspecify.annotations.NullMarked;
