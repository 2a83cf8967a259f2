package dev.weft.sidecar.http;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import java.nio.ByteBuffer;

/**
 * What the two ends of a gRPC call tell each other about attempts: how many there were before, and
 * when to try again, or not at all. Pure, without allocation. Source: gRFC A6.
 */
public final class GrpcRetry {
  /** The server leaves the time to us. */
  public static final long UNSAID = -1;

  /** The server wants no further attempt. */
  public static final long NEVER = -2;

  private static final int MAX_DIGITS = 9;

  private GrpcRetry() {}

  /**
   * After how many nanoseconds a server that has failed a call wants it again ({@code
   * grpc-retry-pushback-ms}), {@link #UNSAID} or {@link #NEVER}; what is negative or no number
   * means never.
   */
  public static long pushbackNanos(HeadView response) {
    int line = response.find(WellKnown.GRPC_RETRY_PUSHBACK_MS);
    if (line == HeadView.NONE) {
      return UNSAID;
    }
    int millis = number(response, line);
    return millis < 0 ? NEVER : millis * 1_000_000L;
  }

  /** How many attempts the caller has made before ({@code grpc-previous-rpc-attempts}). */
  public static int previousAttempts(HeadView request) {
    int line = request.find(WellKnown.GRPC_PREVIOUS_RPC_ATTEMPTS);
    return line == HeadView.NONE ? 0 : Math.max(0, number(request, line));
  }

  private static int number(HeadView head, int line) {
    ByteBuffer slab = head.slab();
    int start = head.valueStart(line);
    int end = head.valueEnd(line);
    if (start == end || end - start > MAX_DIGITS) {
      return -1;
    }
    int value = 0;
    for (int i = start; i < end; i++) {
      int digit = slab.get(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
