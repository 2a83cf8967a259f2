/**
 * The store on an etcd cluster, for several replicas of the control plane.
 *
 * <p>{@link dev.weft.controlplane.registry.store.etcd.EtcdStore} is the entry point. It speaks
 * etcd's gRPC API with the messages and stubs of jetcd, over a channel of its own: jetcd's client
 * (by its source) skips revisions when a watch reconnects before its first event, sends calls long
 * after their caller gave up, and lets gRPC wait minutes before it reconnects.
 *
 * <p>Threads: everything runs on virtual threads, gRPC's callbacks too; each watch and each lease
 * that is kept alive has one of its own. Nothing runs on gRPC's event loops.
 *
 * <p>Allowed imports: the store contract, gRPC, {@code io.etcd.jetcd.api}, protobuf's {@code
 * ByteString}.
 */
@NullMarked
package dev.weft.controlplane.registry.store.etcd;

import org.jspecify.annotations.NullMarked;
