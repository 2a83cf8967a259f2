package dev.weft.soak.load;

import java.util.List;

/**
 * Whom requests are for.
 *
 * @param authority the service by its name; empty: whoever has the port
 * @param ports where they are sent: its instances, or sidecars that lead there
 */
public record Aim(String authority, List<Integer> ports) {}
