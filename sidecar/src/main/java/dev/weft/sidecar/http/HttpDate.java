package dev.weft.sidecar.http;

import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** The value of {@code Date} (RFC 9110, section 5.6.7), written once a second. One worker's. */
public final class HttpDate {
  private static final String[] DAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  private static final String[] MONTHS = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
  };

  private long second = Long.MIN_VALUE;
  private byte[] text = {};

  /** Not to be changed; stays as it is. */
  public byte[] at(long epochMicros) {
    long now = Math.floorDiv(epochMicros, 1_000_000L);
    if (now != second) {
      second = now;
      text = format(now);
    }
    return text;
  }

  /** The same for now and then. */
  public static byte[] format(long epochSecond) {
    var time = LocalDateTime.ofEpochSecond(epochSecond, 0, ZoneOffset.UTC);
    var out = new StringBuilder(29);
    out.append(DAYS[time.getDayOfWeek().getValue() - 1]).append(", ");
    two(out, time.getDayOfMonth()).append(' ').append(MONTHS[time.getMonthValue() - 1]);
    out.append(' ').append(time.getYear()).append(' ');
    two(out, time.getHour()).append(':');
    two(out, time.getMinute()).append(':');
    two(out, time.getSecond()).append(" GMT");
    return out.toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static StringBuilder two(StringBuilder out, int number) {
    return (number < 10 ? out.append('0') : out).append(number);
  }
}
