package dev.weft.sidecar.proxy;

import dev.weft.sidecar.telemetry.Direction;
import java.util.ArrayList;
import java.util.List;

/**
 * One way through the proxy: what the caller speaks, what the application behind it speaks, and on
 * which side the proxy stands. A test with
 * {@code @MethodSource("dev.weft.sidecar.proxy.Passage#all")} runs its one body for each.
 */
record Passage(Version caller, Version app, Direction direction) {
  /** All four pairings, in both directions. */
  static List<Passage> all() {
    List<Passage> all = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      for (Version caller : Version.values()) {
        for (Version app : Version.values()) {
          all.add(new Passage(caller, app, direction));
        }
      }
    }
    return all;
  }

  /** All four pairings, outbound: for what does not depend on the direction. */
  static List<Passage> outbound() {
    return all().stream().filter(one -> one.direction == Direction.OUTBOUND).toList();
  }

  @Override
  public String toString() {
    return direction.label() + " " + caller + " -> " + app;
  }
}
