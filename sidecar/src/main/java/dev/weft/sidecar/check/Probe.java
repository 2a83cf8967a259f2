package dev.weft.sidecar.check;

/** A check that is under way. Control loop only. */
interface Probe {
  /** Ends it if its time is over; whether it was. */
  boolean expire(long nowNanos);

  /** Ends it without telling a result. */
  void cancel();
}
