/**
 * How the sidecars spread over the replicas: what replicas tell each other of how many they have,
 * and how many are too many for one. Values, and state owned by whoever ticks it; no thread. Layer
 * 3: imports {@code registry}.
 */
@NullMarked
package dev.weft.controlplane.spread;

import org.jspecify.annotations.NullMarked;
