/**
 * Recognises that the store has lost what it had, and withholds that from the view until somebody
 * says what is meant. Pure; owned by the registry thread, except for what is immutable. Layer 2:
 * imports {@code registry.store}.
 */
@NullMarked
package dev.weft.controlplane.registry.loss;

import org.jspecify.annotations.NullMarked;
