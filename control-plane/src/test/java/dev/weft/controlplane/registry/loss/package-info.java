@org.jspecify.annotations.NullUnmarked
package dev.weft.controlplane.registry.loss;
