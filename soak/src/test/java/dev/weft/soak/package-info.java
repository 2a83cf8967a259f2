/** Tests of what runs say at their end. */
@org.jspecify.annotations.NullMarked
package dev.weft.soak;
