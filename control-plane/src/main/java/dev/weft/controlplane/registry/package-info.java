/**
 * The registry as this replica sees it: watches the store, publishes an immutable {@link
 * dev.weft.controlplane.registry.RegistryView} per revision. Who is alive is in {@code liveness},
 * what is kept for how long in {@code retention}.
 *
 * <p>One registry thread owns the watch and publishes; views may be read by any thread. Layer 2:
 * imports {@code model}, {@code limit}, {@code registry.store}, {@code validate}, the messages and
 * {@code dev.weft.common}.
 */
@NullMarked
package dev.weft.controlplane.registry;

import org.jspecify.annotations.NullMarked;
