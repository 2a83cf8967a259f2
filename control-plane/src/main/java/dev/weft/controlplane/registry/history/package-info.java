/**
 * What documents were: former versions, as they are written in the transaction that ends them, and
 * read together with what is in force.
 *
 * <p>Owned by no thread: values and pure functions; reading is the store's. Layer 2: imports {@code
 * registry} and {@code registry.store}, which do not know it, and the messages.
 */
@NullMarked
package dev.weft.controlplane.registry.history;

import org.jspecify.annotations.NullMarked;
