package dev.weft.sidecar.codec.http2.frame;

import dev.weft.sidecar.telemetry.Bound;

/** What a peer can have too much of: each has an allowance per connection and a counter. */
public enum Flood {
  RESET(Bound.H2_RESETS, "too many streams reset"),
  CONTINUATION(Bound.H2_CONTINUATIONS, "a head in too many pieces, or too long"),
  SETTINGS(Bound.H2_SETTINGS, "too many SETTINGS"),
  PING(Bound.H2_PINGS, "too many PINGs"),
  PRIORITY(Bound.H2_PRIORITIES, "too many PRIORITY or unknown frames"),
  EMPTY_DATA(Bound.H2_EMPTY_DATA, "too many DATA frames without data"),
  WINDOW_UPDATE(Bound.H2_WINDOW_UPDATES, "too many WINDOW_UPDATEs"),
  TINY_WINDOW(Bound.H2_TINY_WINDOWS, "windows too small for too long"),
  HEAD(Bound.H2_LARGE_HEADS, "too many heads that are too large");

  public static final int COUNT = values().length;

  private final Bound bound;
  private final String text;

  Flood(Bound bound, String text) {
    this.bound = bound;
    this.text = text;
  }

  public Bound bound() {
    return bound;
  }

  String text() {
    return text;
  }
}
