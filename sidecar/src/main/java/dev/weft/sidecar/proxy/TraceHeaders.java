package dev.weft.sidecar.proxy;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.http.HeadPlan;
import dev.weft.sidecar.telemetry.RequestRecord;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * {@code traceparent} (W3C Trace Context) and {@code x-request-id} of one request: passed on when
 * they are there and well formed, else made. Reused; allocates nothing.
 */
final class TraceHeaders {
  private static final int TRACEPARENT_LENGTH = 55;
  private static final int TRACE_ID = 3;
  private static final int TRACE_ID_END = 35;
  private static final int PARENT_ID = 36;
  private static final int PARENT_ID_END = 52;
  private static final byte[] DIGITS = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private final byte[] traceparent = new byte[TRACEPARENT_LENGTH];
  private final byte[] requestId = new byte[32];
  private boolean newTrace;
  private boolean newRequestId;

  /** Looks at a request, makes what it lacks, and tells the record. */
  void begin(HeadView head, boolean believed, SplittableRandom random, RequestRecord record) {
    int line = head.find(WellKnown.TRACEPARENT);
    newTrace = !believed || line == HeadView.NONE || head.isRepeated(WellKnown.TRACEPARENT);
    newTrace = newTrace || !valid(head.slab(), head.valueStart(line), head.valueEnd(line));
    if (newTrace) {
      traceparent[0] = '0';
      traceparent[1] = '0';
      traceparent[2] = '-';
      // An id of zeros is invalid: one bit is always set.
      hex(random.nextLong() | 1, traceparent, TRACE_ID);
      hex(random.nextLong(), traceparent, TRACE_ID + 16);
      traceparent[TRACE_ID_END] = '-';
      hex(random.nextLong() | 1, traceparent, PARENT_ID);
      traceparent[PARENT_ID_END] = '-';
      traceparent[53] = '0';
      traceparent[54] = '1';
      record.traceId(traceparent, TRACE_ID, TRACE_ID_END);
    } else {
      int start = head.valueStart(line);
      record.traceId(head.slab(), start + TRACE_ID, start + TRACE_ID_END);
    }
    newRequestId = !believed || !head.has(WellKnown.X_REQUEST_ID);
    if (newRequestId) {
      hex(random.nextLong(), requestId, 0);
      hex(random.nextLong(), requestId, 16);
      record.requestId(requestId);
    }
  }

  void plan(HeadPlan plan) {
    if (newTrace) {
      plan.drop(WellKnown.TRACEPARENT);
      plan.line(WellKnown.name(WellKnown.TRACEPARENT), traceparent);
    }
    if (newRequestId) {
      plan.drop(WellKnown.X_REQUEST_ID);
      plan.line(WellKnown.name(WellKnown.X_REQUEST_ID), requestId);
    }
  }

  private static boolean valid(ByteBuffer slab, int start, int end) {
    if (end - start != TRACEPARENT_LENGTH
        || slab.get(start) != '0'
        || slab.get(start + 1) != '0'
        || slab.get(start + 2) != '-'
        || slab.get(start + TRACE_ID_END) != '-'
        || slab.get(start + PARENT_ID_END) != '-') {
      return false;
    }
    return id(slab, start + TRACE_ID, start + TRACE_ID_END)
        && id(slab, start + PARENT_ID, start + PARENT_ID_END)
        && hexDigit(slab.get(start + 53))
        && hexDigit(slab.get(start + 54));
  }

  /** Lower-case hexadecimal digits that are not all zero. */
  private static boolean id(ByteBuffer slab, int start, int end) {
    boolean nonZero = false;
    for (int i = start; i < end; i++) {
      byte b = slab.get(i);
      if (!hexDigit(b)) {
        return false;
      }
      nonZero |= b != '0';
    }
    return nonZero;
  }

  private static boolean hexDigit(byte b) {
    return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'f');
  }

  private static void hex(long value, byte[] to, int at) {
    long rest = value;
    for (int i = at + 15; i >= at; i--) {
      to[i] = DIGITS[(int) rest & 0xf];
      rest >>>= 4;
    }
  }
}
