package dev.weft.sidecar.proxy;

import dev.weft.common.head.HeadView;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A worker's way from the authority that a caller addressed to its virtual host. One per worker, on
 * its thread only; implemented by discovery.
 */
public interface VirtualHostLookup {
  /**
   * The host in force for the request's authority, which may be one that the mesh does not know
   * ({@code routes().host().found()}); null: not asked for yet, see {@link #await}. No allocation.
   */
  @Nullable ResolvedHost find(HeadView head);

  /** The same for an authority that no head carries; lower case. */
  @Nullable ResolvedHost find(String authority);

  /** The same for an authority whose bytes are there, from 0 to the limit. No allocation. */
  @Nullable ResolvedHost find(ByteBuffer authority);

  /**
   * Subscribes to the authority and tells the waiter once: within two seconds, on the worker's
   * thread, never from within this call. The head is not kept.
   */
  Waiting await(HeadView head, Waiter waiter);

  /** The same for an authority that no head carries; lower case. */
  Waiting await(String authority, Waiter waiter);

  /** Who waits. */
  interface Waiter {
    void resolved(ResolvedHost host);

    /**
     * No answer.
     *
     * @param detail for the caller: what is the matter, e.g. that no control plane is connected
     */
    void unresolved(Reason why, String detail);
  }

  /** A wait that can be given up. */
  interface Waiting {
    /** The waiter is not told any more. */
    void cancel();
  }

  /** Why there is no answer. */
  enum Reason {
    /** Nothing came in time. */
    TIMED_OUT,
    /** Too many wait, or too many hosts are in use. */
    TOO_MANY
  }
}
