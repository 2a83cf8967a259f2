package dev.weft.sidecar.proxy;

import dev.weft.sidecar.destination.OriginalDestination;
import dev.weft.sidecar.relay.Relay;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of connections that the kernel has redirected to us, by where they were meant to go.
 * One per worker and direction; its thread only.
 */
public interface InterceptedPath {
  /** How a connection is served. */
  enum Way {
    /** The mesh does not know where it goes: its bytes go there as they are. */
    PASSTHROUGH,
    /** Declared to be neither HTTP nor anything else that is known: bytes, and nobody looks. */
    BYTES,
    /** Declared to be HTTP, of whichever version. */
    HTTP,
    /** Not declared: the first bytes tell. */
    UNDECLARED
  }

  /** Which way, if that is known already. */
  @Nullable Way find(OriginalDestination to);

  /** Finds out which way, if {@link #find} does not know; told once, never from within this. */
  VirtualHostLookup.Waiting await(OriginalDestination to, Consumer<Way> told);

  /** A relay for a connection of {@link Way#PASSTHROUGH}. */
  Relay passOn(OriginalDestination to);

  /**
   * A relay for a connection whose destination we know, and which is not HTTP.
   *
   * @param serverName in its TLS hello; empty: it has none, or nobody has looked
   * @param protocol a constant for the access log
   */
  Relay newRelay(OriginalDestination to, String serverName, String protocol);
}
