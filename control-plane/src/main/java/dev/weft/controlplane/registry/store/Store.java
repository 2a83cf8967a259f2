package dev.weft.controlplane.registry.store;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * An ordered, durable map from keys to bytes, with one history: every change has a revision, and a
 * greater revision happened later.
 *
 * <p><b>Keys</b> are 1 to {@value Keys#MAX_LENGTH} printable ASCII characters without spaces,
 * ordered as such, relative to the store's root: {@code registry/weft/default/catalog/1}. Keys
 * below {@code meta/} belong to the store.
 *
 * <p><b>Revisions</b> grow with every transaction that changed something, by one in a store of our
 * own and by one or more in an etcd that others use too. All changes of one transaction share one
 * revision.
 *
 * <p><b>Acknowledged</b> (a future of {@link #commit} that completed) means: survives the kill of
 * the process and the loss of power. Reads are linearizable: they see every acknowledged write, and
 * nothing that is not yet durable.
 *
 * <p><b>Threads</b>: safe from any thread; no method but {@link #close} blocks. Futures complete on
 * virtual threads of the store, so dependent stages may block. Every call has a deadline.
 *
 * <p><b>Failures</b>: futures fail with a {@link StoreException}; its subclass says what can be
 * done. Arguments that are wrong by themselves (a bad key, a revision below 1) throw {@link
 * IllegalArgumentException} at the call.
 */
public interface Store extends AutoCloseable {

  /**
   * Who this store is: made once, by whoever opens it first, and kept with the data. When it
   * changes, revisions of before mean nothing any more; watches end with {@link
   * StoreReplacedException} and everything is to be read anew.
   *
   * @return the identity that was last seen; never empty
   */
  String identity();

  /**
   * Reads all keys that start with a prefix, as of the newest revision.
   *
   * @param prefix where the keys start; empty for all keys
   * @return the entries, by key, and the revision to watch from (the one after it)
   */
  CompletableFuture<Range> range(String prefix);

  /**
   * Reads all keys that start with a prefix, as they were at a revision of the past.
   *
   * @param revision 1 or more; a revision that is not reached yet fails with {@link
   *     IllegalArgumentException}
   * @return the entries; fails with {@link CompactedException} when that revision was compacted
   *     away
   */
  CompletableFuture<Range> rangeAt(String prefix, long revision);

  /**
   * Applies a transaction, all of it or nothing.
   *
   * @return whether its compares held and with which revision; fails with {@link
   *     StoreUnavailableException} (see its {@code outcomeUnknown}), {@link LeaseExpiredException}
   *     or {@link StoreReplacedException}
   */
  CompletableFuture<TxnResult> commit(Txn txn);

  /**
   * Tells a listener of every change under a prefix, in order, from a revision on, until closed.
   *
   * <p>The listener survives every interruption: the watch resumes where it was. When history was
   * compacted while it was away, it is told the exact difference instead (see {@link WatchBatch}).
   *
   * @param fromRevision the first revision of interest, 1 or more: that of a {@link Range} plus
   *     one. When it was compacted already, the watch ends with {@link CompactedException}
   */
  Watch watch(String prefix, long fromRevision, WatchListener listener);

  /**
   * Grants a lease. Keys put under it vanish, in one revision, when it expires or is revoked. It is
   * <em>not</em> kept alive by itself: see {@link Lease#keepAlive} and {@link
   * Lease#keepAliveUntilClosed}.
   *
   * @param ttl whole seconds, 1 or more; the store may grant a longer one, see {@link Lease#ttl}
   * @param listener told once if the lease turns out to be lost; granting another is the caller's
   *     choice
   */
  CompletableFuture<Lease> grantLease(Duration ttl, LeaseListener listener);

  /**
   * Forgets history: what was overwritten or deleted at or before a revision. Current values stay.
   * A revision that was compacted already is no error.
   *
   * @param revision at most the newest one, else the future fails with {@link
   *     IllegalArgumentException}
   */
  CompletableFuture<Void> compact(long revision);

  /**
   * Ends watches (silently), lets leases run out (it does not revoke them), fails what is under way
   * with {@link StoreClosedException}, and releases files, threads and connections. Blocks for a
   * few seconds at most. May be called twice.
   */
  @Override
  void close();
}
