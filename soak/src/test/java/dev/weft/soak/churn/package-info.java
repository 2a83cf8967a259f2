/** Tests of simulated instances. */
@org.jspecify.annotations.NullMarked
package dev.weft.soak.churn;
