package dev.weft.sidecar.proxy;

import dev.weft.common.head.HeadView;
import dev.weft.common.head.WellKnown;
import dev.weft.sidecar.filter.GrpcWebBridge;
import dev.weft.sidecar.http.GrpcKind;
import dev.weft.sidecar.http.GrpcRetry;
import dev.weft.sidecar.http.GrpcStatus;
import dev.weft.sidecar.http.GrpcTimeout;
import dev.weft.sidecar.http.HeadPlan;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What gRPC adds to one request: its kind, asked once, its deadline, and the translation from the
 * form for browsers where the application does not speak that. Reused; one worker.
 */
final class GrpcCall {
  /** The deadline has passed already. */
  static final long EXPIRED = -1;

  private final byte[] timeout = new byte[GrpcTimeout.MAX_LENGTH];
  private @Nullable GrpcWebBridge bridge;
  private GrpcKind kind = GrpcKind.NONE;
  private boolean bridging;
  private boolean translating;
  private long deadline;

  void begin(HeadView request) {
    kind = GrpcKind.of(request);
    bridging = false;
    translating = false;
    deadline = 0;
  }

  boolean isGrpc() {
    return kind != GrpcKind.NONE;
  }

  boolean web() {
    return kind.web();
  }

  /**
   * How long the call may take from now on: what is left of the caller's {@code grpc-timeout}, or
   * the route's time if that is shorter.
   *
   * @param routeNanos 0: no limit
   * @param since when the request came
   * @return 0: no limit; {@link #EXPIRED}
   */
  long timeout(HeadView request, long routeNanos, long since, long now) {
    long asked = GrpcTimeout.of(request);
    long left = routeNanos;
    if (asked != GrpcTimeout.NONE) {
      long ofCaller = asked - (now - since);
      if (ofCaller <= 0) {
        return EXPIRED;
      }
      left = routeNanos == 0 ? ofCaller : Math.min(routeNanos, ofCaller);
    }
    deadline = left == 0 ? 0 : now + left;
    return left;
  }

  /** Translates from now on. */
  GrpcWebBridge bridge(HeadView request) {
    GrpcWebBridge made = bridge;
    if (made == null) {
      made = new GrpcWebBridge();
      bridge = made;
    }
    made.begin(kind, request);
    bridging = true;
    return made;
  }

  /**
   * Edits the head of one attempt: it tells the application how much time is left, and how often
   * the call was tried before.
   */
  void plan(HeadView request, HeadPlan plan, int attemptsBefore, long now) {
    if (attemptsBefore > 0) {
      int all = attemptsBefore + GrpcRetry.previousAttempts(request);
      plan.drop(WellKnown.GRPC_PREVIOUS_RPC_ATTEMPTS);
      plan.line(
          WellKnown.name(WellKnown.GRPC_PREVIOUS_RPC_ATTEMPTS),
          Integer.toString(all).getBytes(StandardCharsets.US_ASCII));
    }
    if (deadline != 0) {
      plan.drop(WellKnown.GRPC_TIMEOUT);
      int length = GrpcTimeout.write(Math.max(1, deadline - now), timeout);
      plan.line(WellKnown.name(WellKnown.GRPC_TIMEOUT), timeout, length);
    }
    if (bridging && bridge != null) {
      bridge.planRequest(request, plan);
    }
    if (bridging || kind == GrpcKind.GRPC) {
      plan.acceptTrailers();
    }
  }

  /** The translation of the request; null: it passes as it is. */
  @Nullable GrpcWebBridge requestBridge() {
    return bridging ? bridge : null;
  }

  /** Edits the response's head; from then on {@link #responseBridge} says what becomes of it. */
  void planResponse(HeadView response, HeadPlan plan) {
    translating = bridging && bridge != null && bridge.planResponse(response, plan);
  }

  /** The translation of the response; null: it passes as it is. */
  @Nullable GrpcWebBridge responseBridge() {
    return translating ? bridge : null;
  }

  /** The content type of an answer of our own: the one that the caller speaks. */
  byte[] contentType() {
    return kind.type();
  }

  /** The status in a response's head, or what a client makes of one that is not gRPC's. */
  static int statusOf(HeadView response) {
    int status = GrpcStatus.of(response);
    return status == GrpcStatus.NONE && response.status() != 200
        ? GrpcStatus.ofHttp(response.status())
        : status;
  }

  /** Trailers of our own, for a response that had begun. */
  static HeadView trailers(int status, String message) {
    byte[] statusName = WellKnown.name(WellKnown.GRPC_STATUS);
    byte[] messageName = WellKnown.name(WellKnown.GRPC_MESSAGE);
    byte[] statusText = GrpcStatus.text(status);
    byte[] messageText = GrpcStatus.message(message);
    int length = statusName.length + statusText.length + messageName.length + messageText.length;
    ByteBuffer slab = ByteBuffer.allocate(length);
    slab.put(statusName).put(statusText).put(messageName).put(messageText).flip();
    var filler = new HeadView.Filler();
    filler.begin(slab);
    int value = statusName.length;
    int next = value + statusText.length;
    filler.header(0, value, value, next);
    filler.header(next, next + messageName.length, next + messageName.length, length);
    return filler.view();
  }
}
