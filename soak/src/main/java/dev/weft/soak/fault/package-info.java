/**
 * What goes wrong in a soak run, and when: the schedule is pure and follows from its seed alone;
 * {@code Injector} carries it out on the main thread. Imports {@code mesh}, {@code churn}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.soak.fault;
