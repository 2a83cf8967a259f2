package dev.weft.sidecar.codec;

import dev.weft.common.head.WellKnown;

/** Sets of well-known fields, a bit each, that either version leaves out. Pure. */
public final class FieldSets {
  /** What belongs to one connection and is not passed on (RFC 9110, section 7.6.1). */
  public static final long HOP_BY_HOP =
      bit(WellKnown.CONNECTION)
          | bit(WellKnown.KEEP_ALIVE)
          | bit(WellKnown.PROXY_CONNECTION)
          | bit(WellKnown.TE)
          | bit(WellKnown.UPGRADE)
          | bit(WellKnown.HTTP2_SETTINGS)
          | bit(WellKnown.WEFT_HOP);

  /** What frames or addresses a message, or says who sends it: it means nothing in a trailer. */
  public static final long NO_TRAILER =
      bit(WellKnown.HOST)
          | bit(WellKnown.CONTENT_LENGTH)
          | bit(WellKnown.TRANSFER_ENCODING)
          | bit(WellKnown.X_FORWARDED_FOR)
          | bit(WellKnown.X_FORWARDED_PROTO)
          | bit(WellKnown.X_FORWARDED_HOST)
          | bit(WellKnown.TRACEPARENT)
          | bit(WellKnown.X_REQUEST_ID)
          | bit(WellKnown.CONTENT_TYPE)
          | bit(WellKnown.UPGRADE)
          | bit(WellKnown.EXPECT)
          | bit(WellKnown.DATE);

  private FieldSets() {}

  /**
   * @param wellKnown a number of {@link WellKnown}, not {@code OTHER}
   */
  public static long bit(int wellKnown) {
    return 1L << wellKnown;
  }
}
