package dev.weft.sidecar.telemetry;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is worth knowing about one request; filled while it passes and handed to {@link
 * WorkerTelemetry#finished} once. Reused by its owner for the next request; one worker only. Text
 * is copied in (and cut at a bound), so that no head has to be kept for it; without an access log
 * the text setters do nothing.
 */
public final class RequestRecord {
  /** The cluster or route of a request that got none. */
  public static final String NONE = "-";

  /** The request is not gRPC, or its status never came. */
  public static final int NO_GRPC_STATUS = -1;

  static final int METHOD = 0;
  static final int AUTHORITY = 1;
  static final int PATH = 2;
  static final int TRACE_ID = 3;
  static final int REQUEST_ID = 4;
  private static final int TEXTS = 5;
  private static final int[] MAX_LENGTH = {32, 256, Bound.ACCESS_LOG_TEXT.intValue(), 32, 128};

  private final boolean keepText;
  private byte[] text;
  private int textLength;
  private final int[] starts = new int[TEXTS];
  private final int[] ends = new int[TEXTS];

  Direction direction = Direction.OUTBOUND;
  long startEpochMicros;
  long startNanos;
  long durationNanos;
  String protocol = "HTTP/1.1";
  int status;
  int grpcStatus = NO_GRPC_STATUS;
  String flags = "";
  long bytesReceived;
  long bytesSent;
  String upstreamHost = NONE;
  String cluster = NONE;
  String route = NONE;
  int attempts;
  @Nullable SocketAddress remote;

  RequestRecord(boolean keepText) {
    this.keepText = keepText;
    this.text = new byte[keepText ? 160 : 0];
  }

  /** Forgets the last request and starts the next. */
  public void begin(Direction direction, long epochMicros, long nanoTime) {
    this.direction = direction;
    startEpochMicros = epochMicros;
    startNanos = nanoTime;
    durationNanos = 0;
    protocol = "HTTP/1.1";
    status = 0;
    grpcStatus = NO_GRPC_STATUS;
    flags = "";
    bytesReceived = 0;
    bytesSent = 0;
    upstreamHost = NONE;
    cluster = NONE;
    route = NONE;
    attempts = 0;
    remote = null;
    textLength = 0;
    Arrays.fill(starts, 0);
    Arrays.fill(ends, 0);
  }

  /** Takes method, authority, path and, if it has one, the request id. */
  public void head(HeadView head) {
    if (!keepText) {
      return;
    }
    ByteBuffer slab = head.slab();
    take(METHOD, slab, head.methodStart(), head.methodEnd());
    take(AUTHORITY, slab, head.authorityStart(), head.authorityEnd());
    take(PATH, slab, head.pathStart(), head.pathEnd());
    int id = head.find(WellKnown.X_REQUEST_ID);
    if (id != HeadView.NONE) {
      take(REQUEST_ID, slab, head.valueStart(id), head.valueEnd(id));
    }
  }

  /** The authority of a connection that has no head; ASCII. */
  public void authority(String authority) {
    if (keepText) {
      int length = reserve(AUTHORITY, authority.length());
      for (int i = 0; i < length; i++) {
        text[starts[AUTHORITY] + i] = (byte) authority.charAt(i);
      }
    }
  }

  /** Whether texts are kept, for the access log. */
  public boolean keepsText() {
    return keepText;
  }

  /** Who has called; held by reference. */
  public void remote(@Nullable SocketAddress address) {
    remote = address;
  }

  /** The 32 hexadecimal digits of the trace id in {@code traceparent}. */
  public void traceId(ByteBuffer slab, int start, int end) {
    if (keepText) {
      take(TRACE_ID, slab, start, end);
    }
  }

  /** The same from an array. */
  public void traceId(byte[] bytes, int start, int end) {
    if (keepText) {
      int length = reserve(TRACE_ID, end - start);
      System.arraycopy(bytes, start, text, starts[TRACE_ID], length);
    }
  }

  /** The request id that was made for it. */
  public void requestId(byte[] bytes) {
    if (keepText) {
      int length = reserve(REQUEST_ID, bytes.length);
      System.arraycopy(bytes, 0, text, starts[REQUEST_ID], length);
    }
  }

  /** A constant such as {@code HTTP/1.1}. */
  public void protocol(String protocol) {
    this.protocol = protocol;
  }

  /** The status that was sent downstream; 0 when none was. */
  public void status(int status) {
    this.status = status;
  }

  /** The status of a gRPC call, 0 to 16, as far as it is known; {@link #NO_GRPC_STATUS}. */
  public void grpcStatus(int grpcStatus) {
    this.grpcStatus = grpcStatus;
  }

  public int grpcStatus() {
    return grpcStatus;
  }

  /** Response flags as the failure table has them, a constant; empty for none. */
  public void flags(String flags) {
    this.flags = flags;
  }

  /** The same, unless there are some already: the first cause is the one that tells. */
  public void flagsIfNone(String flags) {
    if (this.flags.isEmpty()) {
      this.flags = flags;
    }
  }

  /** Body bytes taken from downstream. */
  public void bytesReceived(long bytes) {
    bytesReceived = bytes;
  }

  /** Body bytes sent downstream. */
  public void bytesSent(long bytes) {
    bytesSent = bytes;
  }

  /** Names from the configuration, held by reference. */
  public void route(String route, String cluster) {
    this.route = route;
    this.cluster = cluster;
  }

  /** The endpoint of the last attempt, e.g. {@code 10.0.0.7:8080}; a string that lives with it. */
  public void upstreamHost(String hostAndPort) {
    upstreamHost = hostAndPort;
  }

  public void attempts(int attempts) {
    this.attempts = attempts;
  }

  public long startNanos() {
    return startNanos;
  }

  byte[] text() {
    return text;
  }

  int start(int which) {
    return starts[which];
  }

  int end(int which) {
    return ends[which];
  }

  void copyFrom(RequestRecord other) {
    direction = other.direction;
    startEpochMicros = other.startEpochMicros;
    durationNanos = other.durationNanos;
    protocol = other.protocol;
    status = other.status;
    grpcStatus = other.grpcStatus;
    flags = other.flags;
    bytesReceived = other.bytesReceived;
    bytesSent = other.bytesSent;
    upstreamHost = other.upstreamHost;
    cluster = other.cluster;
    route = other.route;
    attempts = other.attempts;
    remote = other.remote;
    textLength = other.textLength;
    if (text.length < textLength) {
      text = new byte[other.text.length];
    }
    System.arraycopy(other.text, 0, text, 0, textLength);
    System.arraycopy(other.starts, 0, starts, 0, TEXTS);
    System.arraycopy(other.ends, 0, ends, 0, TEXTS);
  }

  private void take(int which, ByteBuffer slab, int start, int end) {
    int length = reserve(which, end - start);
    slab.get(start, text, starts[which], length);
  }

  private int reserve(int which, int wanted) {
    int length = Math.min(wanted, MAX_LENGTH[which]);
    if (textLength + length > text.length) {
      text = Arrays.copyOf(text, Math.max(text.length * 2, textLength + length));
    }
    starts[which] = textLength;
    textLength += length;
    ends[which] = textLength;
    return length;
  }
}
