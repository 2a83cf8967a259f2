/** Tests of how processes are watched. */
@org.jspecify.annotations.NullMarked
package dev.weft.soak.watch;
