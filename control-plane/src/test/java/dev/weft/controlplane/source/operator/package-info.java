/** Tests of what operators say. */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.source.operator;
