/**
 * The store of one process, durable in one directory: the default on a laptop.
 *
 * <p>{@link dev.weft.controlplane.registry.store.embedded.EmbeddedStore} is the entry point. All of
 * it is in memory ({@code State}); a log makes it durable ({@code Log}): frames with checksums, one
 * per group of writes, so that a torn write shows and is dropped, and what was synced is never
 * written to again. One thread, {@code weft-store}, owned by the {@code Journal}, makes every
 * change: it takes what waits, appends and syncs once for all of it, publishes, and only then
 * answers. When the log is twice as long as it need be, it is written anew and takes the place of
 * the old one.
 *
 * <p>Allowed imports: the store contract, the JDK, protobuf's {@code ByteString}.
 */
@NullMarked
package dev.weft.controlplane.registry.store.embedded;

import org.jspecify.annotations.NullMarked;
