/**
 * The store of one process, durable in one directory: the default on a laptop.
 *
 * <p>{@link dev.weft.controlplane.registry.store.embedded.EmbeddedStore} is the entry point. One
 * thread, {@code weft-store}, owned by the journal, makes every change: it takes what waits,
 * applies it, writes and syncs the file once for all of it, publishes, and only then answers. Reads
 * come from memory; watches read rows of the file, each on a virtual thread of its own.
 *
 * <p>Allowed imports: the store contract, H2's MVStore, protobuf's {@code ByteString}.
 */
@NullMarked
package dev.weft.controlplane.registry.store.embedded;

import org.jspecify.annotations.NullMarked;
