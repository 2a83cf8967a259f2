/**
 * The store contract: the one ordered history that every source writes to and every replica
 * watches.
 *
 * <p>{@link dev.weft.controlplane.registry.store.Store} is the entry point. Two implementations
 * keep it, proven by one contract test: {@code etcd} (several replicas) and {@code embedded} (one
 * process, one directory).
 *
 * <p>Threads: every method may be called from any thread and never blocks on input or output, but
 * for opening and closing a store. Futures complete, and listeners are called, on virtual threads
 * of the store, so they may block.
 *
 * <p>Allowed imports: the JDK and protobuf's {@code ByteString}. This package knows nothing of what
 * the keys mean.
 */
@NullMarked
package dev.weft.controlplane.registry.store;

import org.jspecify.annotations.NullMarked;
