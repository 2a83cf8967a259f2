package dev.weft.sidecar.telemetry;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes records as JSON lines into a buffer of its own. Writer thread only; makes no garbage once
 * the buffer has its size.
 */
final class AccessLogFormat {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TIME = key("{\"time\":\"");
  private static final byte[] DIRECTION = key("\",\"direction\":\"");
  private static final byte[] METHOD = key("\",\"method\":\"");
  private static final byte[] AUTHORITY = key("\",\"authority\":\"");
  private static final byte[] PATH = key("\",\"path\":\"");
  private static final byte[] PROTOCOL = key("\",\"protocol\":\"");
  private static final byte[] CODE = key("\",\"response_code\":");
  private static final byte[] GRPC = key(",\"grpc_status\":");
  private static final byte[] FLAGS = key(",\"response_flags\":\"");
  private static final byte[] RECEIVED = key("\",\"bytes_received\":");
  private static final byte[] SENT = key(",\"bytes_sent\":");
  private static final byte[] DURATION = key(",\"duration_us\":");
  private static final byte[] HOST = key(",\"upstream_host\":\"");
  private static final byte[] CLUSTER = key("\",\"upstream_cluster\":\"");
  private static final byte[] ROUTE = key("\",\"route_name\":\"");
  private static final byte[] ATTEMPTS = key("\",\"attempts\":");
  private static final byte[] TRACE = key(",\"trace_id\":\"");
  private static final byte[] REQUEST = key("\",\"request_id\":\"");
  private static final byte[] REMOTE = key("\",\"downstream_remote_address\":\"");
  private static final byte[] END = key("\"}\n");

  private byte[] buffer = new byte[8 * 1024];
  private int length;
  private final byte[] digits = new byte[20];
  private @Nullable SocketAddress lastRemote;
  private String lastRemoteText = "";
  private long daySeen = Long.MIN_VALUE;
  private final byte[] date = new byte[11];

  void append(RequestRecord record) {
    raw(TIME);
    time(record.startEpochMicros);
    raw(DIRECTION);
    text(record.direction.label());
    raw(METHOD);
    text(record, RequestRecord.METHOD);
    raw(AUTHORITY);
    text(record, RequestRecord.AUTHORITY);
    raw(PATH);
    text(record, RequestRecord.PATH);
    raw(PROTOCOL);
    text(record.protocol);
    raw(CODE);
    number(record.status);
    if (record.grpcStatus != RequestRecord.NO_GRPC_STATUS) {
      raw(GRPC);
      number(record.grpcStatus);
    }
    raw(FLAGS);
    text(record.flags.isEmpty() ? RequestRecord.NONE : record.flags);
    raw(RECEIVED);
    number(record.bytesReceived);
    raw(SENT);
    number(record.bytesSent);
    raw(DURATION);
    number(record.durationNanos / 1000);
    raw(HOST);
    text(record.upstreamHost);
    raw(CLUSTER);
    text(record.cluster);
    raw(ROUTE);
    text(record.route);
    raw(ATTEMPTS);
    number(record.attempts);
    raw(TRACE);
    text(record, RequestRecord.TRACE_ID);
    raw(REQUEST);
    text(record, RequestRecord.REQUEST_ID);
    raw(REMOTE);
    address(record.remote);
    raw(END);
  }

  byte[] buffer() {
    return buffer;
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
  }

  private void raw(byte[] bytes) {
    ensure(bytes.length);
    System.arraycopy(bytes, 0, buffer, length, bytes.length);
    length += bytes.length;
  }

  private void text(String value) {
    int count = value.length();
    ensure(count * 6);
    for (int i = 0; i < count; i++) {
      escaped(value.charAt(i) & 0xff);
    }
  }

  private void text(RequestRecord record, int which) {
    int start = record.start(which);
    int end = record.end(which);
    byte[] text = record.text();
    ensure((end - start) * 6);
    for (int i = start; i < end; i++) {
      escaped(text[i] & 0xff);
    }
  }

  // Bytes above 0x7e may be no UTF-8: they are written as the code point of the same number.
  private void escaped(int c) {
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
      buffer[length++] = (byte) c;
      return;
    }
    buffer[length++] = '\\';
    if (c == '"' || c == '\\') {
      buffer[length++] = (byte) c;
      return;
    }
    buffer[length++] = 'u';
    buffer[length++] = '0';
    buffer[length++] = '0';
    buffer[length++] = HEX[c >> 4];
    buffer[length++] = HEX[c & 15];
  }

  /** Written anew only when it is another than the last one. */
  @SuppressWarnings("ReferenceEquality") // a connection always has the same one
  private void address(@Nullable SocketAddress address) {
    if (address == null) {
      text(RequestRecord.NONE);
      return;
    }
    if (address != lastRemote) {
      lastRemote = address;
      lastRemoteText =
          address instanceof InetSocketAddress inet && inet.getAddress() != null
              ? host(inet.getAddress()) + ":" + inet.getPort()
              : address.toString();
    }
    text(lastRemoteText);
  }

  private static String host(InetAddress address) {
    String text = address.getHostAddress();
    return address instanceof Inet6Address ? "[" + text + "]" : text;
  }

  private void number(long value) {
    ensure(digits.length);
    if (value < 0) {
      value = 0;
    }
    int at = digits.length;
    do {
      digits[--at] = (byte) ('0' + value % 10);
      value /= 10;
    } while (value != 0);
    System.arraycopy(digits, at, buffer, length, digits.length - at);
    length += digits.length - at;
  }

  private void time(long epochMicros) {
    ensure(32);
    long seconds = Math.floorDiv(epochMicros, 1_000_000L);
    long day = Math.floorDiv(seconds, 86_400L);
    if (day != daySeen) {
      byte[] text = (java.time.LocalDate.ofEpochDay(day) + "T").getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(text, 0, date, 0, date.length);
      daySeen = day;
    }
    System.arraycopy(date, 0, buffer, length, date.length);
    length += date.length;
    int second = (int) Math.floorMod(seconds, 86_400L);
    padded(second / 3600, 2);
    buffer[length++] = ':';
    padded(second / 60 % 60, 2);
    buffer[length++] = ':';
    padded(second % 60, 2);
    buffer[length++] = '.';
    padded((int) Math.floorMod(epochMicros, 1_000_000L), 6);
    buffer[length++] = 'Z';
  }

  private void padded(int value, int width) {
    for (int i = width - 1; i >= 0; i--) {
      buffer[length + i] = (byte) ('0' + value % 10);
      value /= 10;
    }
    length += width;
  }

  private void ensure(int more) {
    if (length + more > buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + more));
    }
  }

  private static byte[] key(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
