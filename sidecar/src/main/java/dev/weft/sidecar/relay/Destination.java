package dev.weft.sidecar.relay;

/** Where one relay leads. Made for it; worker thread only. */
public interface Destination {
  /** Calls {@link Relay#connect} or {@link Relay#refuse} once, before it returns or later. */
  void find(Relay relay);

  /** The relay is over or given up: whatever is waited for is not needed any more. */
  void forget();
}
