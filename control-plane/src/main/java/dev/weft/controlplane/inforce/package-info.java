/**
 * In how many sidecars a document is in force: the counts of one replica, what replicas tell each
 * other of theirs through the store, and what is steady enough to be said. Values, and state owned
 * by whoever ticks it; no thread. Layer 3: imports {@code model} and {@code registry}.
 */
@NullMarked
package dev.weft.controlplane.inforce;

import org.jspecify.annotations.NullMarked;
