package dev.weft.controlplane.limit;

/**
 * A peer that reaches a limit, or did so lately. A value.
 *
 * @param peer what it is called: {@code NAMESPACE/NODE} of a sidecar, else where it calls from
 * @param address where it calls from
 * @param message what it does, and what to do about it
 * @param times how often it has; 0: it is about to
 * @param firstMillis when it began to, UTC since 1970
 */
public record Trouble(
    String peer,
    String address,
    PeerLimit limit,
    String message,
    long times,
    long firstMillis,
    long lastMillis) {}
