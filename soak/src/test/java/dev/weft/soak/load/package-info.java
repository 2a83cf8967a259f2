/** Tests of the load. */
@org.jspecify.annotations.NullMarked
package dev.weft.soak.load;
