package dev.weft.sidecar.http;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import java.nio.ByteBuffer;

/**
 * The header {@code grpc-timeout}: at most eight digits and a unit (PROTOCOL-HTTP2.md, "Timeout").
 * Pure, without allocation.
 */
public final class GrpcTimeout {
  /** The request has none, or one that is malformed: then it has no deadline of its own. */
  public static final long NONE = -1;

  /** The most bytes that {@link #write} needs. */
  public static final int MAX_LENGTH = 9;

  private static final int MAX_DIGITS = 8;
  private static final long MAX_NANOS = 100L * 365 * 24 * 3_600_000_000_000L;
  private static final byte[] UNITS = {'n', 'u', 'm', 'S', 'M', 'H'};
  private static final long[] NANOS = {
    1, 1_000, 1_000_000, 1_000_000_000, 60_000_000_000L, 3_600_000_000_000L
  };

  private GrpcTimeout() {}

  /** How long the caller waits, in nanoseconds, at most a hundred years; {@link #NONE}. */
  public static long of(HeadView head) {
    int line = head.find(WellKnown.GRPC_TIMEOUT);
    return line == HeadView.NONE || head.isRepeated(WellKnown.GRPC_TIMEOUT)
        ? NONE
        : parse(head.slab(), head.valueStart(line), head.valueEnd(line));
  }

  static long parse(ByteBuffer slab, int start, int end) {
    int digits = end - start - 1;
    if (digits < 1 || digits > MAX_DIGITS) {
      return NONE;
    }
    long value = 0;
    for (int i = start; i < end - 1; i++) {
      int digit = slab.get(i) - '0';
      if (digit < 0 || digit > 9) {
        return NONE;
      }
      value = value * 10 + digit;
    }
    for (int i = 0; i < UNITS.length; i++) {
      if (UNITS[i] == slab.get(end - 1)) {
        return Math.min(value, MAX_NANOS / NANOS[i]) * NANOS[i];
      }
    }
    return NONE;
  }

  /**
   * Writes a timeout in the finest unit that has room for it, never longer than it is.
   *
   * @param nanos above 0
   * @return how many bytes were written
   */
  public static int write(long nanos, byte[] to) {
    int unit = 0;
    long value = nanos;
    while (value > 99_999_999 && unit < UNITS.length - 1) {
      unit++;
      value = nanos / NANOS[unit];
    }
    int length = digits(value);
    for (int at = length - 1; at >= 0; at--) {
      to[at] = (byte) ('0' + value % 10);
      value /= 10;
    }
    to[length] = UNITS[unit];
    return length + 1;
  }

  private static int digits(long value) {
    int digits = 1;
    for (long rest = value / 10; rest > 0; rest /= 10) {
      digits++;
    }
    return digits;
  }
}
