/** Tests of what a soak run's mesh is made of. */
@org.jspecify.annotations.NullMarked
package dev.weft.soak.mesh;
