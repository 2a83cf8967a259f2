package dev.weft.sidecar.telemetry;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One worker's counts for one direction, cluster and route. The worker adds in plain; a scrape on
 * any thread reads opaquely and may see numbers that do not quite belong together.
 */
final class RequestStats {
  /** Status classes 1xx to 5xx at their first digit; 0 is "no response". */
  static final int CLASSES = 6;

  /** What a request that became a tunnel was answered. */
  private static final int SWITCHED = 101;

  private static final int RETRIES = CLASSES;
  private static final int BYTES_RECEIVED = CLASSES + 1;
  private static final int BYTES_SENT = CLASSES + 2;
  private static final int SUM_NANOS = CLASSES + 3;
  private static final int FIRST_BUCKET = CLASSES + 4;
  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

  /** gRPC's status codes, 0 to 16. */
  static final int GRPC_STATUSES = 17;

  private final SeriesKey key;
  private final long[] values = new long[FIRST_BUCKET + LatencyBuckets.COUNT];

  /** Made with the first gRPC call, since most series have none. */
  private volatile long @Nullable [] grpc;

  /** By response flag: failures only, and their flags are the few constants of their table. */
  private volatile FlagCount[] flags = {};

  RequestStats(SeriesKey key) {
    this.key = key;
  }

  SeriesKey key() {
    return key;
  }

  /** Worker only. */
  void add(RequestRecord record) {
    int statusClass = record.status / 100;
    values[statusClass > 0 && statusClass < CLASSES ? statusClass : 0]++;
    int grpcStatus = record.grpcStatus;
    if (grpcStatus != RequestRecord.NO_GRPC_STATUS) {
      long[] counts = grpc;
      if (counts == null) {
        counts = new long[GRPC_STATUSES];
        grpc = counts;
      }
      counts[grpcStatus]++;
    }
    if (record.attempts > 1) {
      values[RETRIES] += record.attempts - 1;
    }
    addBytes(record);
    if (record.status == SWITCHED) {
      // How long people talked says nothing of how long they waited.
      return;
    }
    values[SUM_NANOS] += record.durationNanos;
    values[FIRST_BUCKET + LatencyBuckets.of(record.durationNanos)]++;
  }

  /** Worker only. */
  void addBytes(RequestRecord record) {
    values[BYTES_RECEIVED] += record.bytesReceived;
    values[BYTES_SENT] += record.bytesSent;
  }

  /** Worker only: a request or a connection has ended with that flag. */
  void flag(String flag) {
    FlagCount[] known = flags;
    for (FlagCount each : known) {
      if (each.flag.equals(flag)) {
        each.count[0]++;
        return;
      }
    }
    var made = new FlagCount(flag);
    made.count[0] = 1;
    FlagCount[] more = Arrays.copyOf(known, known.length + 1);
    more[known.length] = made;
    flags = more;
  }

  /** Every flag that was set here; any thread. */
  List<String> flags() {
    var names = new ArrayList<String>();
    for (FlagCount each : flags) {
      names.add(each.flag);
    }
    return names;
  }

  /** How often that flag was set; any thread. */
  long flagged(String flag) {
    for (FlagCount each : flags) {
      if (each.flag.equals(flag)) {
        return (long) LONGS.getOpaque(each.count, 0);
      }
    }
    return 0;
  }

  long responses(int statusClass) {
    return read(statusClass);
  }

  long grpcCalls(int status) {
    long[] counts = grpc;
    return counts == null ? 0 : (long) LONGS.getOpaque(counts, status);
  }

  long retries() {
    return read(RETRIES);
  }

  long bytesReceived() {
    return read(BYTES_RECEIVED);
  }

  long bytesSent() {
    return read(BYTES_SENT);
  }

  long sumNanos() {
    return read(SUM_NANOS);
  }

  long bucket(int bucket) {
    return read(FIRST_BUCKET + bucket);
  }

  private long read(int index) {
    return (long) LONGS.getOpaque(values, index);
  }

  /** How often one flag was set. */
  private static final class FlagCount {
    final String flag;
    final long[] count = new long[1];

    FlagCount(String flag) {
      this.flag = flag;
    }
  }
}
