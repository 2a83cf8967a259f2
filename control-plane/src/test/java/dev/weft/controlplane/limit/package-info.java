@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.limit;
