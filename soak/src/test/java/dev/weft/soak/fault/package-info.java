/** Tests of the schedule of faults. */
@org.jspecify.annotations.NullMarked
package dev.weft.soak.fault;
