/**
 * Whether processes stay as they are: what the kernel says of each is sampled on a thread of its
 * own, and judged when the run is over. The judgement is pure. Imports only the JDK.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.soak.watch;
