/**
 * Layer 1: the contenders and the origins: how each is configured for one way through it, so that
 * all do the same work. Imports {@code process}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.bench.peer;
